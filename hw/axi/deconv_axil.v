// SPDX-License-Identifier: MIT
// deconv_axil: AXI4-Lite in front of the register block; its channels do not wait for each other.
//
//   AW, W -> a register each --.                       .--> B register
//                               >-> one access a clock <
//   AR ----> a register -------'                       `--> R register
//
// A write goes when its address and its data are there and no B waits to be taken; a read when no R
// does. So an answer that is not taken holds back the further accesses of its own direction and
// nothing else, whatever the order in which a master takes B and R. If both could go, the write goes;
// the next one cannot be there a clock later, so a read waits for one write at most.
//
// Port to the block, which acts on a request, acknowledges it and gives the data of a read, all in
// the clock of the request.
//
// Answers: OKAY, or SLVERR where the block reports an error. Addresses are those of whole words: their
// two lowest bits are not looked at. Each direction keeps its order. A write has acted before its
// B is offered: a read that is asked for after that sees it.
//
// Every output is a register or a function of registers alone. Reset forgets what is under way.
//
// Latency: an answer is offered 2 clocks after the last half of its request was taken, a read's 3 if a
// write goes first. Throughput: an access of each direction every 2 clocks. Storage: of each direction
// one request and one answer, so a master may have two of each outstanding.
`default_nettype none

module deconv_axil #(
    parameter ADDR_W = 8
) (
    input wire clk,
    input wire rst,

    input wire [ADDR_W-1:0] s_axil_awaddr,
    input wire s_axil_awvalid,
    output wire s_axil_awready,
    input wire [31:0] s_axil_wdata,
    input wire [3:0] s_axil_wstrb,
    input wire s_axil_wvalid,
    output wire s_axil_wready,
    output wire [1:0] s_axil_bresp,
    output wire s_axil_bvalid,
    input wire s_axil_bready,
    input wire [ADDR_W-1:0] s_axil_araddr,
    input wire s_axil_arvalid,
    output wire s_axil_arready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0] s_axil_rresp,
    output wire s_axil_rvalid,
    input wire s_axil_rready,

    // one access
    output wire request,
    output wire is_write,
    output wire [ADDR_W-1:0] address,
    output wire [31:0] write_data,
    output wire [3:0] write_strb,
    input wire write_ack,
    input wire write_error,
    input wire read_ack,
    input wire read_error,
    input wire [31:0] read_data
);
    reg aw_q;  // a request waits
    reg w_q;
    reg ar_q;
    reg b_q;  // an answer waits
    reg r_q;
    reg [ADDR_W-3:0] awaddr_q;
    reg [ADDR_W-3:0] araddr_q;
    reg [31:0] wdata_q;
    reg [3:0] wstrb_q;
    reg b_error_q;
    reg r_error_q;
    reg [31:0] rdata_q;

    assign s_axil_awready = !aw_q;
    assign s_axil_wready = !w_q;
    assign s_axil_arready = !ar_q;
    assign s_axil_bvalid = b_q;
    assign s_axil_bresp = {b_error_q, 1'b0};
    assign s_axil_rvalid = r_q;
    assign s_axil_rresp = {r_error_q, 1'b0};
    assign s_axil_rdata = rdata_q;

    wire may_write = aw_q && w_q && !b_q;
    wire may_read = ar_q && !r_q;
    assign request = may_write || may_read;
    assign is_write = may_write;
    assign address = {is_write ? awaddr_q : araddr_q, 2'b00};
    assign write_data = wdata_q;
    assign write_strb = wstrb_q;

    always @(posedge clk) begin
        if (s_axil_awready) begin
            aw_q <= s_axil_awvalid;
            awaddr_q <= s_axil_awaddr[ADDR_W-1:2];
        end
        if (s_axil_wready) begin
            w_q <= s_axil_wvalid;
            wdata_q <= s_axil_wdata;
            wstrb_q <= s_axil_wstrb;
        end
        if (s_axil_arready) begin
            ar_q <= s_axil_arvalid;
            araddr_q <= s_axil_araddr[ADDR_W-1:2];
        end
        if (s_axil_bready) b_q <= 1'b0;
        if (s_axil_rready) r_q <= 1'b0;
        if (write_ack) begin
            aw_q <= 1'b0;
            w_q <= 1'b0;
            b_q <= 1'b1;
            b_error_q <= write_error;
        end
        if (read_ack) begin
            ar_q <= 1'b0;
            r_q <= 1'b1;
            r_error_q <= read_error;
            rdata_q <= read_data;
        end
        if (rst) begin
            aw_q <= 1'b0;
            w_q <= 1'b0;
            ar_q <= 1'b0;
            b_q <= 1'b0;
            r_q <= 1'b0;
        end
    end

    wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0]};
endmodule

`default_nettype wire
