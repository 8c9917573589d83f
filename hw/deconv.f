lib/deconv_ram.v
lib/deconv_operand.v
lib/deconv_multiply.v
lib/deconv_multiply_add.v
-f deconv_parts.f
