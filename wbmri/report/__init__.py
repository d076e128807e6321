"""Reports a clinician reads: one self-contained HTML file per case, per comparison and per cohort."""
