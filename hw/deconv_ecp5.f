ecp5/deconv_block_ram.v
ecp5/deconv_multiply.v
ecp5/deconv_multiply_add.v
ecp5/deconv_operand.v
ecp5/deconv_ram.v
-f deconv_parts.f
