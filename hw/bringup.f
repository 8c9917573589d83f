-f deconv.f
crc32.v
kernel_store.v
board/selftest.v
board/bringup.v
