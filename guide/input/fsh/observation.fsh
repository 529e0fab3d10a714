Profile: MaternityObservation
Parent: Observation
Id: maternity-observation
Title: "Value of the record"
Description: "What is true of every value in the record. The profiles of single kinds of values build on it; a value of a kind that has none follows this one."
* insert ObservationRules

Profile: AdoptedDueDate
Parent: MaternityObservation
Id: adopted-due-date
Title: "Adopted due date"
Description: "That a named person has chosen one of the due dates as the one that holds (fastsatt termin). It refers to the one it adopts; the service never chooses."
* value[x] obeys hk-day
* code = $observation-code#adopted-due-date
* value[x] 1..1
* value[x] only dateTime
* performer 1..*
* derivedFrom 1..1
* derivedFrom only Reference(Observation)

Profile: FetalRhD
Parent: MaternityObservation
Id: fetal-rhd
Title: "RhD type of a fetus"
Description: "The RhD type of one fetus, by the test of the mother's blood in week 24 (fosterets RhD-type). The card's own field says only that at least one fetus is positive."
* insert OfOneFetus
* code = $observation-code#fetal-rhd
* value[x] only CodeableConcept
* valueCodeableConcept from RhdTypeValues (extensible)

Profile: EarlierBirth
Parent: MaternityObservation
Id: earlier-birth
Title: "Earlier birth"
Description: "One earlier birth (tidligere fødsel): its date, if only the year, as the effective date, and what is known of it as components, each with the code of the card's row."
* code = $observation-code#earlier-birth
* effective[x] only dateTime or Period
* value[x] 0..0
* component 1..*
* component.code from EarlierBirthRows (extensible)

Profile: HomeMeasurement
Parent: MaternityObservation
Id: home-measurement
Title: "Measured by herself"
Description: "A value she has measured at home (egenmåling). She is its only performer, and it belongs to no visit."
* performer 1..1
* performer only Reference(Patient)
* effective[x] 1..1
* encounter 0..0

// What the catalogue does not say of a kind of value; the profiles themselves are generated from it.

RuleSet: DueDateRules
* value[x] obeys hk-day
* method from DueDateMethods (extensible)
* method ^short = "How it was found"
* component ^slicing.discriminator.type = #pattern
* component ^slicing.discriminator.path = "code"
* component ^slicing.rules = #open
* component contains length 0..1
* component[length].code = $observation-code#pregnancy-length
* component[length].value[x] 1..1
* component[length].value[x] only Quantity
* component[length].valueQuantity = $ucum#d
* component[length] ^short = "Days from the first day of the last period to this date: 280, 282 or 283"

RuleSet: PressureRules
* component[SystolicBP] obeys hk-systolic
* component[DiastolicBP] obeys hk-diastolic

RuleSet: LaboratoryRules
* performer ^short = "The laboratory, and who ordered or stated it"
* effective[x] ^short = "When the sample was taken"
