Instance: card
InstanceOf: OperationDefinition
Title: "The card as a document"
Description: "EpisodeOfCare/[id]/$card"
Usage: #definition
* url = "https://w3id.org/helsekort/fhir/OperationDefinition/card"
* insert OursInstance
* name = "MaternityCard"
* title = "The card as a document"
* description = "The whole card as a Bundle of type document, as whoever asks may see it; at a moment of its past if one is named."
* status = #active
* kind = #operation
* code = #card
* affectsState = false
* resource = #EpisodeOfCare
* system = false
* type = false
* instance = true
* parameter[+].name = #at
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #dateTime
* parameter[=].documentation = "The moment: the card as it was shown then to whoever may see it"
* parameter[+].name = #return
* parameter[=].use = #out
* parameter[=].min = 1
* parameter[=].max = "1"
* parameter[=].type = #Bundle
* parameter[=].documentation = "A document whose Composition follows the profile maternity-card"

Instance: everything
InstanceOf: OperationDefinition
Title: "Everything of a record"
Description: "EpisodeOfCare/[id]/$everything"
Usage: #definition
* url = "https://w3id.org/helsekort/fhir/OperationDefinition/everything"
* insert OursInstance
* name = "RecordEverything"
* title = "Everything of a record"
* description = "Every resource of one pregnancy's record that whoever asks may see, as Patient/[id]/$everything has all of hers."
* status = #active
* kind = #operation
* code = #everything
* affectsState = false
* resource = #EpisodeOfCare
* system = false
* type = false
* instance = true
* parameter[+].name = #_type
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "*"
* parameter[=].type = #code
* parameter[=].documentation = "Only of these types"
* parameter[+].name = #_since
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #instant
* parameter[=].documentation = "Only what has changed since"
* parameter[+].name = #start
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #date
* parameter[=].documentation = "Only of care given from this day on; what has no date of care comes along"
* parameter[+].name = #end
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #date
* parameter[=].documentation = "Only of care given until this day; what has no date of care comes along"
* parameter[+].name = #_count
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #integer
* parameter[=].documentation = "How many on a page; without it everything is in one Bundle"
* parameter[+].name = #at
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #dateTime
* parameter[=].documentation = "The moment: everything as it was then"
* parameter[+].name = #return
* parameter[=].use = #out
* parameter[=].min = 1
* parameter[=].max = "1"
* parameter[=].type = #Bundle
* parameter[=].documentation = "A searchset"

Instance: history
InstanceOf: OperationDefinition
Title: "Every change in a record"
Description: "EpisodeOfCare/[id]/$history"
Usage: #definition
* url = "https://w3id.org/helsekort/fhir/OperationDefinition/history"
* insert OursInstance
* name = "RecordHistory"
* title = "Every change in a record"
* description = "Every version of every resource of the record that whoever asks may see, the newest first."
* status = #active
* kind = #operation
* code = #history
* affectsState = false
* resource = #EpisodeOfCare
* system = false
* type = false
* instance = true
* parameter[+].name = #_since
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #instant
* parameter[=].documentation = "Only what has changed since"
* parameter[+].name = #_at
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #dateTime
* parameter[=].documentation = "Only versions that were current at some time in a year, a month, a day or a moment"
* parameter[+].name = #_count
* parameter[=].use = #in
* parameter[=].min = 0
* parameter[=].max = "1"
* parameter[=].type = #integer
* parameter[=].documentation = "How many on a page"
* parameter[+].name = #return
* parameter[=].use = #out
* parameter[=].min = 1
* parameter[=].max = "1"
* parameter[=].type = #Bundle
* parameter[=].documentation = "A history Bundle"

RuleSet: OursInstance
* version = "0.1.0"
* publisher = "Helsekort"
* experimental = false
