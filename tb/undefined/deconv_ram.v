// SPDX-License-Identifier: MIT
// deconv_ram: as a device has it, where a read in the clock of a write to the same address gives no
// defined word.
//
// Stands in for hw/lib/deconv_ram.v in a simulation with unknown values: a word that is used
// reaches the output.
`default_nettype none

module deconv_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 1920,
    parameter ADDR_W = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input wire clk,
    input wire wr_en,
    input wire [ADDR_W-1:0] wr_addr,
    input wire [WIDTH-1:0] wr_data,
    input wire [ADDR_W-1:0] rd_addr,
    output wire [WIDTH-1:0] rd_data
);
    reg [WIDTH-1:0] mem[0:DEPTH-1];
    reg [WIDTH-1:0] rd_q;
    reg [WIDTH-1:0] rd_q2;

    assign rd_data = rd_q2;

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        rd_q  <= wr_en && wr_addr == rd_addr ? {WIDTH{1'bx}} : mem[rd_addr];
        rd_q2 <= rd_q;
    end
endmodule

`default_nettype wire
