Instance: before-first-visit
InstanceOf: MaternityQuestionnaire
Title: "Before the first visit"
Description: "A few questions she answers before her first visit, as an example: Helsenorge's own form (Kartlegging før første svangerskapskontroll) has more."
Usage: #definition
* url = "https://w3id.org/helsekort/fhir/Questionnaire/before-first-visit"
* version = "0.1.0"
* name = "BeforeFirstVisit"
* title = "Før første svangerskapskontroll"
* status = #active
* experimental = false
* publisher = "Helsekort"
* description = "Noen spørsmål før den første svangerskapskontrollen."
* subjectType = #Patient
* language = #nb
* item[+].linkId = "1"
* item[=].text = "Hva er viktig for deg?"
* item[=].type = #text
* item[+].linkId = "2"
* item[=].text = "Trenger du tolk?"
* item[=].type = #boolean
* item[+].linkId = "3"
* item[=].text = "Er det noe du vil snakke om med jordmor eller lege?"
* item[=].type = #text
