"""What an integrator takes away: the instance, and a folder for one configuration."""
