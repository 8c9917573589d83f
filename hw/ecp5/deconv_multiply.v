// SPDX-License-Identifier: MIT
// deconv_multiply: the exact product of two codes in one DSP block of ECP5, its registers included.
//
//   p = a * b
//
// Formats: as the portable deconv_multiply. Codes of up to 18 bits take one MULT18X18D with its
// input and output registers; wider ones are left to the synthesiser, between registers in the
// fabric. A last register in the fabric is for the way from the block to the adders.
//
// Latency: 3 clocks, two of them those of the portable deconv_operand, which is a wire here.
// Throughput: a product a clock.
// Golden: deconv4k.golden.reference.products
`default_nettype none

module deconv_multiply #(
    parameter A_W = 8,
    parameter A_SIGNED = 0,
    parameter B_W = 10,
    parameter B_SIGNED = 1,
    parameter P_W = A_W + B_W + (A_SIGNED == 0 && B_SIGNED == 0 ? 1 : 0),
    // derived
    parameter A_BITS = A_W + (A_SIGNED != 0 ? 0 : 1),
    parameter B_BITS = B_W + (B_SIGNED != 0 ? 0 : 1)
) (
    input wire clk,
    input wire signed [A_BITS-1:0] a,
    input wire signed [B_BITS-1:0] b,
    output reg signed [P_W-1:0] p
);
    wire [P_W-1:0] early;
    always @(posedge clk) p <= early;

    generate
        if (A_W <= 18 && B_W <= 18) begin : g_block
            // The block is told which factor is unsigned, and needs no zero in front.
            wire [A_BITS+17:0] wide_a = {{18{a[A_BITS-1]}}, a};
            wire [B_BITS+17:0] wide_b = {{18{b[B_BITS-1]}}, b};
            wire [17:0] block_a = wide_a[17:0];
            wire [17:0] block_b = wide_b[17:0];
            wire unused_signs = &{1'b0, wide_a, wide_b};
            wire [35:0] block_p;
            // Two unsigned factors: the product's sign, above all its bits, is zero.
            wire sign = (A_SIGNED != 0 || B_SIGNED != 0) && block_p[35];
            wire [P_W+35:0] whole = {{P_W{sign}}, block_p};
            assign early = whole[P_W-1:0];
            MULT18X18D #(
                .REG_INPUTA_CLK("CLK0"),
                .REG_INPUTB_CLK("CLK0"),
                .REG_OUTPUT_CLK("CLK0"),
                .GSR("DISABLED")
            ) block (
                .CLK0(clk),
                .CE0(1'b1),
                .RST0(1'b0),
                .SIGNEDA(A_SIGNED != 0 ? 1'b1 : 1'b0),
                .SIGNEDB(B_SIGNED != 0 ? 1'b1 : 1'b0),
                .SOURCEA(1'b0),
                .SOURCEB(1'b0),
                .A0(block_a[0]), .A1(block_a[1]), .A2(block_a[2]), .A3(block_a[3]),
                .A4(block_a[4]), .A5(block_a[5]), .A6(block_a[6]), .A7(block_a[7]),
                .A8(block_a[8]), .A9(block_a[9]), .A10(block_a[10]), .A11(block_a[11]),
                .A12(block_a[12]), .A13(block_a[13]), .A14(block_a[14]), .A15(block_a[15]),
                .A16(block_a[16]), .A17(block_a[17]),
                .B0(block_b[0]), .B1(block_b[1]), .B2(block_b[2]), .B3(block_b[3]),
                .B4(block_b[4]), .B5(block_b[5]), .B6(block_b[6]), .B7(block_b[7]),
                .B8(block_b[8]), .B9(block_b[9]), .B10(block_b[10]), .B11(block_b[11]),
                .B12(block_b[12]), .B13(block_b[13]), .B14(block_b[14]), .B15(block_b[15]),
                .B16(block_b[16]), .B17(block_b[17]),
                .P0(block_p[0]), .P1(block_p[1]), .P2(block_p[2]), .P3(block_p[3]),
                .P4(block_p[4]), .P5(block_p[5]), .P6(block_p[6]), .P7(block_p[7]),
                .P8(block_p[8]), .P9(block_p[9]), .P10(block_p[10]), .P11(block_p[11]),
                .P12(block_p[12]), .P13(block_p[13]), .P14(block_p[14]), .P15(block_p[15]),
                .P16(block_p[16]), .P17(block_p[17]), .P18(block_p[18]), .P19(block_p[19]),
                .P20(block_p[20]), .P21(block_p[21]), .P22(block_p[22]), .P23(block_p[23]),
                .P24(block_p[24]), .P25(block_p[25]), .P26(block_p[26]), .P27(block_p[27]),
                .P28(block_p[28]), .P29(block_p[29]), .P30(block_p[30]), .P31(block_p[31]),
                .P32(block_p[32]), .P33(block_p[33]), .P34(block_p[34]), .P35(block_p[35])
            );
            wire unused = &{1'b0, whole};
        end else begin : g_fabric
            reg signed [A_BITS-1:0] a_q;
            reg signed [B_BITS-1:0] b_q;
            reg signed [A_BITS+B_BITS-1:0] p_q2;
            wire [P_W+A_BITS+B_BITS-1:0] whole = {{P_W{p_q2[A_BITS+B_BITS-1]}}, p_q2};
            assign early = whole[P_W-1:0];
            always @(posedge clk) begin
                a_q  <= a;
                b_q  <= b;
                p_q2 <= a_q * b_q;
            end
            wire unused = &{1'b0, whole};
        end
    endgenerate
endmodule

`default_nettype wire
