// SPDX-License-Identifier: MIT
// deconv_fifo: small first-in first-out queue with a registered output.
//
// For queues of a few words that fit distributed memory. DEPTH is a power of two, at least 2. The
// writer must know that there is room, there is no full flag: up to DEPTH + 1 words may be inside, a
// word that is taken in this clock among them.
//
// Storage: DEPTH words, and the output register. The register is filled as soon as there is a word, so
// the memory is full only behind a full register; then no word comes in. Hence no word is read in the
// clock in which its address is written.
//
// Latency: 2 clocks from push to out_valid. Throughput: one word a clock.
`default_nettype none

module deconv_fifo #(
    parameter WIDTH = 8,
    parameter DEPTH = 16
) (
    input wire clk,
    input wire rst,
    input wire push,
    input wire [WIDTH-1:0] in_data,
    output wire [WIDTH-1:0] out_data,
    output wire out_valid,
    input wire out_ready
);
    generate
        if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin : g_depth
            ERROR_fifo_DEPTH_must_be_a_power_of_two_and_at_least_2 error ();
        end
    endgenerate

    localparam ADDR_W = $clog2(DEPTH);

    (* ramstyle = "no_rw_check", rw_addr_collision = "no" *)
    reg [WIDTH-1:0] mem[0:DEPTH-1];
    reg [ADDR_W-1:0] wr_q;
    reg [ADDR_W-1:0] rd_q;
    reg [ADDR_W:0] stored_q;
    reg [WIDTH-1:0] out_q;
    reg out_valid_q;

    assign out_data  = out_q;
    assign out_valid = out_valid_q;

    // The output register is free: the oldest stored word moves there.
    wire move = stored_q != 0 && (out_ready || !out_valid_q);
    wire filling = push != move;
    wire leaving = move || out_ready;

    always @(posedge clk) begin
        if (push) begin
            mem[wr_q] <= in_data;
            wr_q <= wr_q + 1'b1;
        end
        if (move) begin
            out_q <= mem[rd_q];
            rd_q <= rd_q + 1'b1;
        end
        if (filling) stored_q <= push ? stored_q + 1'b1 : stored_q - 1'b1;
        if (leaving) out_valid_q <= move;
        if (rst) begin
            wr_q <= 0;
            rd_q <= 0;
            stored_q <= 0;
            out_valid_q <= 1'b0;
        end
    end
endmodule

`default_nettype wire
