"""What the hardware is told and tells: parameters, clocks, beats, signatures, registers."""
