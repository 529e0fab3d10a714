CodeSystem: RecordStatusCodes
Id: record-status
Title: "Status of the record"
Description: "The three statuses of a record in the national JSON contract (recordStatus)."
* insert Ours
* ^caseSensitive = true
* #ACTIVE "Aktivt" "The pregnancy goes on"
* #DELIVERED "Avsluttet etter fødsel" "Ended after birth"
* #TERMINATED "Avsluttet uten fødsel" "Ended without birth"

ValueSet: RecordStatuses
Id: record-status
Title: "Status of the record"
Description: "The three statuses of a record in the national JSON contract."
* insert Ours
* include codes from system RecordStatusCodes

CodeSystem: RecordOriginCodes
Id: record-origin
Title: "What a registration comes from"
Description: "What somebody had before them when they registered a value."
* insert Ours
* ^caseSensitive = true
* #measured "Målt eller undersøkt" "Measured or examined by whoever registered it, or at their place"
* #transcribed "Skrevet av" "Copied from paper or from another record"
* #self-reported "Egenrapportert" "Stated or measured by the woman herself"
* #laboratory "Fra laboratorium" "Sent by a laboratory"

ValueSet: RecordOrigins
Id: record-origin
Title: "What a registration comes from"
Description: "Measured, transcribed, self-reported or from a laboratory."
* insert Ours
* include codes from system RecordOriginCodes

CodeSystem: ObservationCodes
Id: observation-code
Title: "Kinds of values that are ours"
Description: "Kinds of values that the card has no row for and no published code was found for."
* insert Ours
* ^caseSensitive = true
* #adopted-due-date "Fastsatt termin" "The due date a named person has chosen"
* #pregnancy-length "Svangerskapslengde brukt i beregningen" "The number of days from the first day of the last period to the due date that a method counts with: 280, 282 or 283"
* #earlier-birth "Tidligere fødsel" "One earlier birth with what is known of it"
* #fetal-rhd "Fosterets RhD-type" "The RhD type of one fetus"

CodeSystem: DueDateMethodCodes
Id: due-date-method
Title: "How a due date was found"
Description: "What a due date is worked out from. Which of several holds is a person's choice, never the service's."
* insert Ours
* ^caseSensitive = true
* #last-period "Siste menstruasjon" "The first day of the last menstrual period"
* #crown-rump-length "Ultralyd, hode-setelengde" "Crown-rump length by ultrasound"
* #biparietal-diameter "Ultralyd, hodebredde" "Biparietal diameter by ultrasound"
* #femur-length "Ultralyd, lårbenslengde" "Femur length by ultrasound"
* #assisted-conception "Assistert befruktning" "The day of egg retrieval or of transfer"
* #assessment "Samlet vurdering" "An assessment of all that is known"
* #earlier-record "Overført" "Taken over from another record, which did not say how"

ValueSet: DueDateMethods
Id: due-date-method
Title: "How a due date was found"
Description: "Last period, ultrasound, assisted conception or an assessment."
* insert Ours
* include codes from system DueDateMethodCodes

ValueSet: UltrasoundExaminations
Id: ultrasound-examination
Title: "Ultrasound examinations"
Description: "Scans in pregnancy, in SNOMED CT: general, first, second and third trimester."
* insert Ours
* $sct#268445003
* $sct#446522006
* $sct#169670003
* $sct#446353007

ValueSet: YesOrNo
Id: yes-or-no
Title: "Yes or no, as laboratories and others say it"
Description: "Coded answers that are read as yes or no. Another answer is kept as it is, without a place in the national JSON contract."
* insert Ours
* $sct#10828004
* $sct#52101004
* $sct#260373001
* $sct#260385009
* $sct#2667000
* $sct#260415000
* $loinc#LA6576-8
* $loinc#LA6577-6
* $yes-no#Y
* $yes-no#N
* $interpretation#POS
* $interpretation#DET
* $interpretation#NEG
* $interpretation#ND
