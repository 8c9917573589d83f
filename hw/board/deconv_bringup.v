// SPDX-License-Identifier: MIT
// deconv_bringup: the self-test on a bare board, with a clock, two buttons and three LEDs.
//
// `pass`, `fail` and `beat` light LEDs, `reset_n` and `hold` are buttons: deconv_selftest says what
// they mean. It is the top that is placed and routed for the megahertz: no pin, pad or clock of a
// certain board. deconv_ulx3s is for one.
//
// Throughput: as deconv_engine. Golden: deconv4k.rtl.selftest
`default_nettype none

module deconv_bringup #(
    parameter K = 9,
    parameter S = 2,
    parameter P = 4,
    parameter OP = 1,
    parameter C_IN = 1,
    parameter PPC = 4,
    parameter MAX_W = 1920,
    parameter PIXEL_W = 8,
    parameter PIXEL_SIGNED = 0,
    parameter WEIGHT_W = 10,
    parameter WEIGHT_SIGNED = 1,
    parameter BIAS_W = 0,
    parameter BIAS_SIGNED = 1,
    parameter PRODUCT_W = 0,
    parameter PRODUCT_SIGNED = 1,
    parameter PRODUCT_SHIFT = 0,
    parameter PRODUCT_Q = 5,
    parameter PRODUCT_O = 3,
    parameter ACC_W = 23,
    parameter ACC_SIGNED = 1,
    parameter OUT_W = 8,
    parameter OUT_SIGNED = 0,
    parameter OUT_SHIFT = 8,
    parameter OUT_Q = 0,
    parameter OUT_O = 0,
    parameter HEIGHT = 1080,
    parameter [31:0] SEED = 32'h1,
    parameter [31:0] EXPECTED = 32'h0,
    parameter POWER_UP = "kernel.hex"
) (
    input wire clk,
    input wire reset_n,
    input wire hold,
    output wire pass,
    output wire fail,
    output wire beat
);
    wire [199:0] unread;
    deconv_selftest #(
        .K(K),
        .S(S),
        .P(P),
        .OP(OP),
        .C_IN(C_IN),
        .PPC(PPC),
        .MAX_W(MAX_W),
        .PIXEL_W(PIXEL_W),
        .PIXEL_SIGNED(PIXEL_SIGNED),
        .WEIGHT_W(WEIGHT_W),
        .WEIGHT_SIGNED(WEIGHT_SIGNED),
        .BIAS_W(BIAS_W),
        .BIAS_SIGNED(BIAS_SIGNED),
        .PRODUCT_W(PRODUCT_W),
        .PRODUCT_SIGNED(PRODUCT_SIGNED),
        .PRODUCT_SHIFT(PRODUCT_SHIFT),
        .PRODUCT_Q(PRODUCT_Q),
        .PRODUCT_O(PRODUCT_O),
        .ACC_W(ACC_W),
        .ACC_SIGNED(ACC_SIGNED),
        .OUT_W(OUT_W),
        .OUT_SIGNED(OUT_SIGNED),
        .OUT_SHIFT(OUT_SHIFT),
        .OUT_Q(OUT_Q),
        .OUT_O(OUT_O),
        .HEIGHT(HEIGHT),
        .SEED(SEED),
        .EXPECTED(EXPECTED),
        .POWER_UP(POWER_UP)
    ) selftest (
        .clk(clk),
        .reset_n(reset_n),
        .hold(hold),
        .pass(pass),
        .fail(fail),
        .beat(beat),
        .report(unread[0]),
        .signature_kernel(unread[32:1]),
        .signature_in(unread[64:33]),
        .signature_out(unread[96:65]),
        .frames(unread[128:97]),
        .errors(unread[135:129]),
        .stalled(unread[167:136]),
        .clocks(unread[199:168])
    );

    wire unused = &{1'b0, unread};
endmodule

`default_nettype wire
