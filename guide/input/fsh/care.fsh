RuleSet: ConditionRules
* insert Ours
* insert Signed
* insert OfHer(subject)
* insert AtVisit(encounter)
* extension contains AuthorOrganisation named authorOrganisation 0..1
* code 1..1
* recorder only Reference(Patient or RelatedPerson or Practitioner or PractitionerRole)

Profile: MaternityCondition
Parent: Condition
Id: maternity-condition
Title: "Condition"
Description: "A disease or complaint she has or has had (sykdom eller plage). A no is stated as refuted; what nobody has registered has no resource, and is not a no."
* insert ConditionRules

Profile: PregnancyCondition
Parent: Condition
Id: pregnancy-condition
Title: "Condition arising in this pregnancy"
Description: "What has arisen in this pregnancy (tilstand oppstått i svangerskapet): gestational diabetes, pre-eclampsia, growth restriction. It says how sure it is and whether it is over."
* insert ConditionRules
* clinicalStatus 1..1
* verificationStatus 1..1
* onset[x] 1..1
* onset[x] only dateTime or Period
* onset[x] ^short = "When it arose, a month or a year where the day is not known"

Profile: MaternityProcedure
Parent: Procedure
Id: maternity-procedure
Title: "Procedure"
Description: "Something that was done (tiltak): anti-D given, an operation, a talk to prepare for birth."
* insert Ours
* insert Signed
* insert OfHer(subject)
* insert AtVisit(encounter)
* code 1..1

Profile: UltrasoundExamination
Parent: MaternityProcedure
Id: ultrasound-examination
Title: "Ultrasound examination"
Description: "A scan (ultralydundersøkelse). What was measured of each fetus are Observations with the fetus as focus and this as partOf."
* code from UltrasoundExaminations (extensible)
* performed[x] 1..1

Profile: MaternityImmunization
Parent: Immunization
Id: maternity-immunization
Title: "Vaccination"
Description: "A vaccine given or declined (vaksinasjon), by the code of SYSVAK or ATC. The register of vaccinations (SYSVAK) is the source; this is what the card tells."
* insert Ours
* insert Signed
* insert OfHer(patient)
* insert AtVisit(encounter)

Profile: MaternityAllergy
Parent: AllergyIntolerance
Id: maternity-allergy
Title: "Allergy or intolerance"
Description: "An allergy or intolerance of hers (allergi eller overfølsomhet). The national critical information (kritisk informasjon) is the source; this is what the card tells."
* insert Ours
* insert Signed
* insert OfHer(patient)
* insert AtVisit(encounter)
* code 1..1

Profile: MaternityMedication
Parent: MedicationStatement
Id: maternity-medication
Title: "Use of a medicine"
Description: "What she uses or has used (legemiddel i bruk), by ATC or in words. Pasientens legemiddelliste is the source; this is what the card tells."
* insert Ours
* insert Signed
* insert OfHer(subject)

Profile: MaternityFamilyHistory
Parent: FamilyMemberHistory
Id: maternity-family-history
Title: "Heredity"
Description: "A disease in the family (arvelige forhold). The relative is never named: they have not consented."
* insert Ours
* insert Signed
* insert OfHer(patient)
* name 0..0

Profile: MaternityQuestionnaire
Parent: Questionnaire
Id: maternity-questionnaire
Title: "Questionnaire"
Description: "Questions she answers before a visit (skjema), in the form of Helsenorge's."
* insert Ours
* title 1..1
* item 1..*

Profile: MaternityAnswers
Parent: QuestionnaireResponse
Id: maternity-answers
Title: "Answers to a questionnaire"
Description: "What she answered (skjemasvar). Nothing of it becomes a value of the card by itself."
* insert Ours
* insert Signed
* insert OfHer(subject)
* insert AtVisit(encounter)
* questionnaire 1..1
* authored 1..1
* source only Reference(Patient or RelatedPerson or Practitioner or PractitionerRole)

Profile: MaternityPlan
Parent: CarePlan
Id: maternity-plan
Title: "Plan"
Description: "The plan for the rest of the pregnancy and the birth (plan og avtaler): what is to be done and when, as agreed with her."
* insert Ours
* insert Signed
* insert OfHer(subject)
* insert AtVisit(encounter)

Profile: MaternityTask
Parent: Task
Id: maternity-task
Title: "Agreement"
Description: "One thing that is agreed or asked for (avtale, oppgave): a referral, a control of blood pressure, a new scan; who is to do it, and by when."
* insert Ours
* insert Signed
* for 1..1
* for only Reference(Patient)
* for ^short = "The pregnant woman"
* insert AtVisit(encounter)
* code 0..1
* obeys hk-task

Invariant: hk-task
Description: "An agreement says what it is about, by a code or in words"
Severity: #error
Expression: "code.exists() or description.exists()"
