"""wbmri: a muscle oedema score from whole-body STIR MRI. Research software, not a medical device."""
