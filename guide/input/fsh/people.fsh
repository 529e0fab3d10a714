// The identifier systems and the names of the slices are those of no-basis (HL7 Norge, basisprofiler for R4). no-basis itself is in no
// package registry that can be built from, so it is not a parent: ADR 0015.

Profile: MaternityPatient
Parent: Patient
Id: maternity-patient
Title: "The pregnant woman"
Description: "The woman whose record it is (den gravide). Identified as no-basis-Patient: fødselsnummer (FNR), D-nummer (DNR) or felles hjelpenummer (FHN)."
* insert Ours
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
* identifier contains FNR 0..1 and DNR 0..1 and FHN 0..1
* identifier[FNR].system 1..1
* identifier[FNR].system = "urn:oid:2.16.578.1.12.4.1.4.1"
* identifier[FNR].value 1..1
* identifier[FNR] obeys hk-number
* identifier[FNR] ^short = "Fødselsnummer"
* identifier[DNR].system 1..1
* identifier[DNR].system = "urn:oid:2.16.578.1.12.4.1.4.2"
* identifier[DNR].value 1..1
* identifier[DNR] obeys hk-number
* identifier[DNR] ^short = "D-nummer"
* identifier[FHN].system 1..1
* identifier[FHN].system = "urn:oid:2.16.578.1.12.4.1.4.3"
* identifier[FHN].value 1..1
* identifier[FHN] ^short = "Felles hjelpenummer"

Profile: Fetus
Parent: RelatedPerson
Id: fetus
Title: "Fetus"
Description: "A fetus (foster) of this pregnancy, with the same number from the first scan to birth. It is not a patient: what is told of it is in the woman's record, with the fetus as Observation.focus."
* insert Ours
* insert OfHer(patient)
* identifier 1..*
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
* identifier contains number 1..1
* identifier[number].system 1..1
* identifier[number].system = "https://w3id.org/helsekort/fhir/NamingSystem/fetus"
* identifier[number].value 1..1
* identifier[number] ^short = "The number of the fetus in this pregnancy"

Profile: MaternityPractitioner
Parent: Practitioner
Id: maternity-practitioner
Title: "Health professional"
Description: "Who has registered something in the record, as this record knows them (helsepersonell). Identified by HPR number, as no-basis-Practitioner."
* insert Ours
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
* identifier contains HPR 0..1
* identifier[HPR].system 1..1
* identifier[HPR].system = "urn:oid:2.16.578.1.12.4.1.4.4"
* identifier[HPR].value 1..1
* identifier[HPR] obeys hk-hpr
* identifier[HPR] ^short = "HPR-nummer"

Profile: MaternityPractitionerRole
Parent: PractitionerRole
Id: maternity-practitioner-role
Title: "Health professional in an organisation"
Description: "The profession (Volven 9060) in which somebody acted for an organisation."
* insert Ours
* practitioner 1..1
* practitioner only Reference(Practitioner)
* organization only Reference(Organization)

Profile: MaternityOrganization
Parent: Organization
Id: maternity-organization
Title: "Organisation"
Description: "A municipality's service, a hospital or a GP's office. Identified by organisation number (ENH) or RESH id, as no-basis-Organization; a HER id identifies a mailbox and not an organisation."
* insert Ours
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
* identifier contains ENH 0..1 and RESH 0..1
* identifier[ENH].system 1..1
* identifier[ENH].system = "urn:oid:2.16.578.1.12.4.1.4.101"
* identifier[ENH].value 1..1
* identifier[ENH] obeys hk-organisation
* identifier[ENH] ^short = "Organisasjonsnummer"
* identifier[RESH].system 1..1
* identifier[RESH].system = "urn:oid:2.16.578.1.12.4.1.4.102"
* identifier[RESH].value 1..1
* identifier[RESH] ^short = "RESH-id"
