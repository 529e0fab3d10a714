-- From a record's id alone to the woman whose it is: the FHIR API's ids name a record and no national identity number.
CREATE UNIQUE INDEX record_record ON record (record);
