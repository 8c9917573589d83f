-f deconv.f
crc32.v
