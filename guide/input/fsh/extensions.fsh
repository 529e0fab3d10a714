Extension: RecordStatus
Id: record-status
Title: "Status of the record"
Description: "Active, delivered or terminated, as the national JSON contract has it (recordStatus). EpisodeOfCare.status only knows finished."
Context: EpisodeOfCare
* insert Ours
* value[x] 1..1
* value[x] only code
* value[x] from RecordStatuses (required)

Extension: AuthorRole
Id: author-role
Title: "Role of the author"
Description: "The profession in which somebody registered a value: Volven 9060, Kategori helsepersonell (LE doctor, JO midwife)."
Context: Reference
* insert Ours
* value[x] 1..1
* value[x] only Coding

Extension: AuthorOrganisation
Id: author-organisation
Title: "Organisation of the author"
Description: "Where a condition was registered. Condition has no element for it, as Observation.performer is."
Context: Condition
* insert Ours
* value[x] 1..1
* value[x] only Reference(Organization)

Extension: TreatmentFacility
Id: treatment-facility
Title: "Place of treatment"
Description: "The name of the place of treatment (behandlingssted) inside the organisation, as the national JSON contract has it (treatmentFacilityName)."
Context: Reference
* insert Ours
* value[x] 1..1
* value[x] only string

Extension: RecordedBy
Id: recorded-by
Title: "Registered by"
Description: "Who registered the resource, where, and what it was registered from. The service writes it from the access token and shows it as Provenance; what a client sends is not kept."
Context: Meta
* insert Ours
* extension contains who 0..1 and where 0..1 and origin 0..1
* extension[who].value[x] 1..1
* extension[who].value[x] only Reference(Patient or RelatedPerson or Practitioner or PractitionerRole or Device)
* extension[who] ^short = "The person, or the system that stood in for nobody"
* extension[where].value[x] 1..1
* extension[where].value[x] only Reference(Organization)
* extension[where] ^short = "The organisation"
* extension[origin].value[x] 1..1
* extension[origin].value[x] only code
* extension[origin].value[x] from RecordOrigins (required)
* extension[origin] ^short = "measured, transcribed, self-reported or laboratory"

Extension: CardPlace
Id: card-place
Title: "Place on the card"
Description: "Where on the card a resource that came by FHIR stands: its row and item, or that the national JSON contract shows it nowhere. The service writes it; what a client sends is not kept."
Context: Meta
* insert Ours
* value[x] 1..1
* value[x] only string

Extension: Origin
Id: origin
Title: "What it was registered from"
Description: "What the sender had before them: measured, transcribed from paper, self-reported or from a laboratory (opphav). Shown as the Provenance's activity."
Context: DomainResource
* insert Ours
* value[x] 1..1
* value[x] only code
* value[x] from RecordOrigins (required)

Extension: EventId
Id: event-id
Title: "Event id"
Description: "The id by which the service's operators find what happened in a request (nhn-event-id), in the OperationOutcome of a refusal."
Context: OperationOutcome
* insert Ours
* value[x] 1..1
* value[x] only string
