"""Real proxies in front of the real page server, set up as ingress controllers set them up."""
