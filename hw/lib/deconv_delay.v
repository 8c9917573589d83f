// SPDX-License-Identifier: MIT
// deconv_delay: WIDTH bits, DEPTH clocks later.
//
// Latency: DEPTH clocks (0 is a wire). Throughput: one word a clock.
`default_nettype none

module deconv_delay #(
    parameter WIDTH = 1,
    parameter DEPTH = 1
) (
    input wire clk,
    input wire rst,
    input wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    generate
        if (DEPTH == 0) begin : g_wire
            assign q = d;
            wire unused = &{1'b0, clk, rst};
        end else begin : g_registers
            reg [WIDTH*DEPTH-1:0] line_q;
            assign q = line_q[WIDTH*DEPTH-1-:WIDTH];
            if (DEPTH == 1) begin : g_one
                always @(posedge clk) line_q <= rst ? {WIDTH{1'b0}} : d;
            end else begin : g_more
                always @(posedge clk) begin
                    line_q <= {line_q[WIDTH*(DEPTH-1)-1:0], d};
                    if (rst) line_q <= {WIDTH * DEPTH{1'b0}};
                end
            end
        end
    endgenerate
endmodule

`default_nettype wire
