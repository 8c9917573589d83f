// SPDX-License-Identifier: MIT
// quantise_all: deconv_quantise in all its modes side by side, for tests.
//
// Mode Q of rounding and O of overflow is number Q * 4 + O, the first in the least significant bits.
`default_nettype none

module quantise_all #(
    parameter IN_W = 8,
    parameter IN_SIGNED = 1,
    parameter SHIFT = 3,
    parameter OUT_W = 4,
    parameter OUT_SIGNED = 0
) (
    input wire clk,
    input wire [IN_W-1:0] in,
    output wire [28*OUT_W-1:0] out
);
    genvar q, o;
    generate
        for (q = 0; q < 7; q = q + 1) begin : g_rounding
            for (o = 0; o < 4; o = o + 1) begin : g_overflow
                deconv_quantise #(
                    .IN_W(IN_W),
                    .IN_SIGNED(IN_SIGNED),
                    .SHIFT(SHIFT),
                    .Q(q),
                    .O(o),
                    .OUT_W(OUT_W),
                    .OUT_SIGNED(OUT_SIGNED)
                ) quantise (
                    .clk(clk),
                    .in(in),
                    .out(out[(q*4+o)*OUT_W+:OUT_W])
                );
            end
        end
    endgenerate
endmodule

`default_nettype wire
