"""A case in the formats of others: DICOM objects for an archive, files for desktop programs, FHIR for a record."""
