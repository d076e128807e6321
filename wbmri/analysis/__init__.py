"""What readings tell beside each other: two visits, several readers, a cohort, a site."""
