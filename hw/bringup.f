-f deconv.f
lib/deconv_crc32.v
axi/deconv_kernel_store.v
board/deconv_selftest.v
board/deconv_bringup.v
