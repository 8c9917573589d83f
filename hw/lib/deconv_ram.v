// SPDX-License-Identifier: MIT
// deconv_ram: simple dual-port memory with a registered output.
//
// One write port, one read port, one clock. Reading is free-running: rd_data shows the word at
// rd_addr two clocks later. A read in the clock of a write to the same address gives no defined word;
// the engine never uses it (deconv_line_buffer and deconv_raster say why), and the attributes tell
// Quartus and Vivado so, which would otherwise see to the old word.
//
// Storage: DEPTH words of WIDTH bits, coded so that synthesis infers block RAM with its output
// register. Contents are not reset.
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
    (* ramstyle = "no_rw_check", rw_addr_collision = "no" *)
    reg [WIDTH-1:0] mem[0:DEPTH-1];
    reg [WIDTH-1:0] rd_q;
    reg [WIDTH-1:0] rd_q2;

    assign rd_data = rd_q2;

    always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
        rd_q  <= mem[rd_addr];
        rd_q2 <= rd_q;
    end
endmodule

`default_nettype wire
