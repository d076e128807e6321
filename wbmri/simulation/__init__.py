"""Bodies made of measured figures, and the images a STIR scanner would make of them."""
