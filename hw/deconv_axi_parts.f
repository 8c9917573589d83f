lib/deconv_crc32.v
axi/deconv_kernel_store.v
axi/deconv_control.v
axi/deconv_axil.v
generated/deconv_registers.sv
axi/deconv_axi.v
