Profile: MaternityEpisode
Parent: EpisodeOfCare
Id: maternity-episode
Title: "Maternity record"
Description: "The maternity record itself (helsekort for gravide): one for each pregnancy, and everything in it refers to it or stands in it. Its id is the record's in the national JSON contract (recordId)."
* insert Ours
* insert Signed
* insert OfHer(patient)
* obeys hk-status
* extension contains RecordStatus named recordStatus 0..1
* type ^short = "Of a pregnancy: SNOMED CT 364320009, as the Dutch maternal record says it"
* period 1..1
* period.start 1..1
* managingOrganization only Reference(Organization)
* careManager only Reference(Practitioner or PractitionerRole)

Profile: MaternityVisit
Parent: Encounter
Id: maternity-visit
Title: "Antenatal visit"
Description: "A visit (svangerskapskontroll), or another contact in this pregnancy. Its period starts on the day of the visit; what was measured there has it as its encounter."
* insert Ours
* insert Signed
* insert OfHer(subject)
* episodeOfCare 1..1
* episodeOfCare only Reference(EpisodeOfCare)
* period 1..1
* period.start 1..1

Profile: MaternityCard
Parent: Composition
Id: maternity-card
Title: "The card as a document"
Description: "The whole card (helsekort for gravide) with its own sections, as whoever asked may see it; made by EpisodeOfCare/$card for the moment, and never stored."
* insert Ours
* insert OfHer(subject)
* type = $loinc#57059-8
* event 1..*
* event.detail 1..*
* section.code 1..1
* section.code from CardSections (extensible)
* section.title 1..1

Profile: MaternityProvenance
Parent: Provenance
Id: maternity-provenance
Title: "Where a registration comes from"
Description: "Who registered a resource, where, when, and whether it was measured, transcribed from paper, stated by herself or sent by a laboratory. Made from what the service knows; it has the id of its target and is read, never written."
* insert Ours
* target 1..1
* agent 1..*
* activity from RecordOrigins (extensible)
* activity ^short = "measured, transcribed, self-reported or laboratory"

Profile: MaternityAuditEvent
Parent: AuditEvent
Id: maternity-audit-event
Title: "An entry of the access log"
Description: "One look-up or change, permitted or refused (innsynslogg). In the shape of HL7 Norge's AuditEvent for the trust framework and the codes of IHE BALP 1.1; neither profile is claimed, for the reasons in the service's documentation."
* insert Ours
* subtype 1..*
* outcome 1..1
* entity 1..*

Profile: MaternityConsent
Parent: Consent
Id: maternity-consent
Title: "Consent"
Description: "A consent or a reservation of the woman's about her record or an examination (samtykke), such as the written consent to typing the fetus's RhD."
* insert Ours
* insert Signed
* insert OfHer(patient)
* dateTime 1..1

Profile: MaternityDocument
Parent: DocumentReference
Id: maternity-document
Title: "Document"
Description: "A document that belongs to the pregnancy (dokument), such as a letter from the hospital. The norm for its type is Volven 9602, where F04-2 is pregnancy and birth."
* insert Ours
* insert Signed
* insert OfHer(subject)
* context.encounter only Reference(Encounter or EpisodeOfCare)
