// SPDX-License-Identifier: MIT
// deconv_skid: register slice for one direction of a valid/ready stream.
//
// Two words of storage break every combinational path between the two sides: in_ready and
// out_valid are registers. Holds order, loses and repeats nothing; does not look at the data.
//
// Latency: 1 clock. Throughput: one word a clock.
`default_nettype none

module deconv_skid #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire rst,
    input wire [WIDTH-1:0] in_data,
    input wire in_valid,
    output wire in_ready,
    output wire [WIDTH-1:0] out_data,
    output wire out_valid,
    input wire out_ready
);
    reg [WIDTH-1:0] out_q;
    reg [WIDTH-1:0] spare_q;
    reg out_valid_q;
    reg ready_q;

    assign in_ready  = ready_q;
    assign out_data  = out_q;
    assign out_valid = out_valid_q;

    // The spare word holds what arrived in the clock in which the output stalled.
    wire out_free = out_ready || !out_valid_q;
    wire [WIDTH-1:0] next = ready_q ? in_data : spare_q;

    always @(posedge clk) begin
        if (out_free) begin
            out_q <= next;
            out_valid_q <= in_valid || !ready_q;
            ready_q <= 1'b1;
        end else if (ready_q) begin
            // output stalled: a word that arrives waits in the spare word
            spare_q <= in_data;
            ready_q <= !in_valid;
        end
        if (rst) begin
            out_valid_q <= 1'b0;
            ready_q <= 1'b1;
        end
    end
endmodule

`default_nettype wire
