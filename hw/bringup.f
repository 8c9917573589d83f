-f deconv.f
crc32.v
kernel_store.v
board/bringup.v
