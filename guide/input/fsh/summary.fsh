// The patient summary as Patient/$summary makes it. HL7's International Patient Summary (IPS) is in no package registry that can be
// built from, so these profiles state in our own words and under our own canonical what IPS 2.0 asks of a document, and what the
// European patient summary (EPS, draft) adds. tests/flow/ips_requirements.toml has each requirement with its source: ADR 0020.

Profile: PatientSummary
Parent: Bundle
Id: patient-summary
Title: "Patient summary"
Description: "The summary of what is in the record as an international patient summary (pasientsammendrag): a document made for the moment by Patient/$summary, and never stored."
* insert Ours
* obeys hk-one-composition
* obeys hk-of-somebody
* identifier 1..1
* type = #document (exactly)
* timestamp 1..1
* entry 2..*
* entry ^slicing.discriminator.type = #type
* entry ^slicing.discriminator.path = "resource"
* entry ^slicing.rules = #open
* entry contains composition 1..1 and patient 1..1
* entry.fullUrl 1..1
* entry.search 0..0
* entry.request 0..0
* entry.response 0..0
* entry[composition].resource 1..1
* entry[composition].resource only PatientSummaryComposition
* entry[patient].resource 1..1
* entry[patient].resource only SummaryPatient

Invariant: hk-one-composition
Description: "A summary has one Composition, and it comes first"
Severity: #error
Expression: "entry.first().resource is Composition and entry.tail().where(resource is Composition).empty()"

Invariant: hk-of-somebody
Description: "Every clinical resource says whose it is by a reference"
Severity: #error
Expression: "entry.resource.where($this is AllergyIntolerance or $this is Immunization or $this is FamilyMemberHistory).all(patient.reference.exists()) and entry.resource.where($this is CarePlan or $this is Condition or $this is DeviceUseStatement or $this is DocumentReference or $this is MedicationStatement or $this is Observation or $this is Procedure).all(subject.reference.exists())"

Profile: SummaryPatient
Parent: MaternityPatient
Id: summary-patient
Title: "The woman a summary is of"
Description: "Whom a summary is of, as one who does not know her has to read it: named, and with her date of birth. What is not known is said to be unknown."
* insert Ours
* name 1..*
* name obeys hk-name
* birthDate 1..1

Invariant: hk-name
Description: "A name has a family name, a given name or a text, or says why not"
Severity: #error
Expression: "family.exists() or given.exists() or text.exists()"

Invariant: hk-entries
Description: "A section has entries, or a reason why it has none"
Severity: #error
Expression: "entry.reference.exists() or emptyReason.exists()"

RuleSet: SummarySection(name, code)
* section[{name}].code = $loinc#{code}

Profile: PatientSummaryComposition
Parent: Composition
Id: patient-summary-composition
Title: "Sections of a patient summary"
Description: "The sections of a patient summary. Problems, allergies and medicines (IPS), procedures and devices (EPS) are always there, with the reason where nothing is registered: absence is never a no. Heredity, which neither guide has a section for, stands as in the European discharge report."
* insert Ours
* insert OfHer(subject)
* subject.reference 1..1
* identifier 1..1
* type = $loinc#60591-5
* section 1..*
* section obeys hk-entries
* section.title 1..1
* section.code 1..1
* section.text 1..1
* section.section 0..0
* section ^slicing.discriminator.type = #pattern
* section ^slicing.discriminator.path = "code"
* section ^slicing.rules = #open
* section contains
    problems 1..1 and
    allergies 1..1 and
    medication 1..1 and
    procedures 1..1 and
    devices 1..1 and
    immunizations 0..1 and
    results 0..1 and
    pastIllness 0..1 and
    heredity 0..1 and
    pregnancies 0..1 and
    planOfCare 0..1 and
    socialHistory 0..1 and
    vitalSigns 0..1
* insert SummarySection(problems, 11450-4)
* section[problems].entry only Reference(Condition or DocumentReference)
* insert SummarySection(allergies, 48765-2)
* section[allergies].entry only Reference(AllergyIntolerance or DocumentReference)
* insert SummarySection(medication, 10160-0)
* section[medication].entry only Reference(MedicationStatement or MedicationRequest or MedicationAdministration or MedicationDispense or DocumentReference)
* insert SummarySection(procedures, 47519-4)
* section[procedures].entry only Reference(Procedure or DocumentReference)
* insert SummarySection(devices, 46264-8)
* section[devices].entry only Reference(DeviceUseStatement or DocumentReference)
* insert SummarySection(immunizations, 11369-6)
* section[immunizations].entry only Reference(Immunization or DocumentReference)
* insert SummarySection(results, 30954-2)
* section[results].entry only Reference(Observation or DiagnosticReport or DocumentReference)
* insert SummarySection(pastIllness, 11348-0)
* section[pastIllness].entry only Reference(Condition or DocumentReference)
* insert SummarySection(heredity, 10157-6)
* section[heredity].entry only Reference(FamilyMemberHistory or DocumentReference)
* insert SummarySection(pregnancies, 10162-6)
* section[pregnancies].entry only Reference(Observation or DocumentReference)
* insert SummarySection(planOfCare, 18776-5)
* section[planOfCare].entry only Reference(CarePlan or DocumentReference)
* insert SummarySection(socialHistory, 29762-2)
* section[socialHistory].entry only Reference(Observation or DocumentReference)
* insert SummarySection(vitalSigns, 8716-3)
* section[vitalSigns].entry only Reference(Observation or DocumentReference)

RuleSet: MadeForSummary
* insert Ours
* insert OfHer(subject)
* subject.reference 1..1
* effective[x] 1..1
* effective[x] only dateTime
* bodySite 0..0
* specimen 0..0
* device 0..0
* referenceRange 0..0
* component 0..0

Profile: PregnancyStatus
Parent: Observation
Id: pregnancy-status
Title: "Whether she is pregnant"
Description: "Whether she is pregnant now (gravid nå), made for a summary from the record's status and due dates. Of a record that is ended it says that nobody knows."
* insert MadeForSummary
* code = $loinc#82810-3
* value[x] only CodeableConcept
* valueCodeableConcept from PregnancyStatuses (preferred)
* hasMember only Reference(ExpectedDeliveryDate)

Profile: ExpectedDeliveryDate
Parent: Observation
Id: expected-delivery-date
Title: "Due date in a summary"
Description: "A due date (termin) in the form a summary has it, made from the one it is derived from: the adopted one, or where nobody has adopted one, each that is registered."
* insert MadeForSummary
* code from ExpectedDeliveryDates (required)
* value[x] only dateTime
* method 0..0
* derivedFrom 1..1

ValueSet: ExpectedDeliveryDates
Id: expected-delivery-date
Title: "Due dates in a summary"
Description: "The LOINC codes of an expected date of delivery in the International Patient Summary."
* insert Ours
* $loinc#11778-8
* $loinc#11779-6
* $loinc#11780-4

ValueSet: PregnancyStatuses
Id: pregnancy-status
Title: "Pregnant or not"
Description: "The SNOMED CT codes of a pregnancy status in the International Patient Summary."
* insert Ours
* $sct#77386006
* $sct#60001007
* $sct#152231000119106
* $sct#146799005
