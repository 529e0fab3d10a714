// What several definitions share. No profile of ours has mustSupport: what a system can show is its own matter (HL7 Norge, best practice).

RuleSet: Ours
* ^version = "0.1.0"
* ^publisher = "Helsekort"
* ^experimental = false

RuleSet: Constrained(of)
* . ^short = "{of}"

// Who registered it is a matter of the service, which knows from the access token; a client cannot write it.
RuleSet: Signed
* meta.extension contains RecordedBy named recordedBy 0..1

RuleSet: ObservationRules
* insert Ours
* insert Signed
* identifier ^short = "Among them which item of a list in the national JSON contract it stands in"
* subject 1..1
* subject only Reference(Patient)
* subject ^short = "The pregnant woman, whoever the value is of"
* focus 0..1
* focus only Reference(RelatedPerson)
* focus ^short = "The fetus, where the value is of one"
* encounter only Reference(Encounter)
* encounter ^short = "The visit it was measured at"
* performer only Reference(Patient or RelatedPerson or Practitioner or PractitionerRole or Organization or CareTeam)
* performer ^short = "Who measured or stated it, and where; a laboratory is an organisation"

RuleSet: OfHer(element)
* {element} 1..1
* {element} only Reference(Patient)
* {element} ^short = "The pregnant woman"

RuleSet: AtVisit(element)
* {element} only Reference(Encounter)

RuleSet: OfOneFetus
* focus 1..1

Invariant: hk-number
Description: "A national identity number or D-number has eleven digits"
Severity: #error
Expression: "value.exists() implies value.matches('^[0-9]{11}$')"

Invariant: hk-organisation
Description: "An organisation number has nine digits"
Severity: #error
Expression: "value.exists() implies value.matches('^[0-9]{9}$')"

Invariant: hk-hpr
Description: "An HPR number has up to nine digits"
Severity: #error
Expression: "value.exists() implies value.matches('^[0-9]{1,9}$')"

Invariant: hk-status
Description: "A record that is delivered or terminated is finished, an active one is active"
Severity: #error
Expression: "extension.where(url = 'https://w3id.org/helsekort/fhir/StructureDefinition/record-status').value.all(($this = 'ACTIVE' implies %resource.status != 'finished') and ($this != 'ACTIVE' implies %resource.status != 'active'))"

Invariant: hk-day
Description: "A due date is a day"
Severity: #error
Expression: "toString().matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$')"
