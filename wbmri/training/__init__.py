"""Training the segmentation networks on bodies of random shape, pose and contrast; needs PyTorch."""
