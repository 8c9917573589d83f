// SPDX-License-Identifier: MIT
// axil_checker: watches an AXI4-Lite bus and counts what breaks its rules.
//
// errors, 16 bits a rule, rule 0 the lowest. Five rules of channel_checker (DROPPED, CHANGED, UNKNOWN,
// PAYLOAD, IN_RESET) for each of the channels AW, W, B, AR and R, in this order: rules 0 to 24. Then:
//
//   25  B_UNASKED   bvalid without a write whose address and data were both taken before
//   26  R_UNASKED   rvalid without a read whose address was taken before
//   27  B_MISSING   no bvalid within LIMIT clocks of a write, taken or still waiting to be
//   28  R_MISSING   no rvalid within LIMIT clocks of a read, taken or still waiting to be
//   29  B_EXOKAY    bresp is EXOKAY, which AXI4-Lite has not
//   30  R_EXOKAY    rresp is EXOKAY
//
// A write counts from the clock in which both of its halves have come. A missing response is counted
// again while it goes on. writes and reads count responses, so that a test can tell
// that something was watched. Reset forgets whatever was under way.
`default_nettype none

module axil_checker #(
    parameter ADDR_W = 8,
    parameter DATA_W = 32,
    parameter LIMIT = 64
) (
    input wire clk,
    input wire rst,
    input wire [ADDR_W-1:0] awaddr,
    input wire [2:0] awprot,
    input wire awvalid,
    input wire awready,
    input wire [DATA_W-1:0] wdata,
    input wire [DATA_W/8-1:0] wstrb,
    input wire wvalid,
    input wire wready,
    input wire [1:0] bresp,
    input wire bvalid,
    input wire bready,
    input wire [ADDR_W-1:0] araddr,
    input wire [2:0] arprot,
    input wire arvalid,
    input wire arready,
    input wire [DATA_W-1:0] rdata,
    input wire [1:0] rresp,
    input wire rvalid,
    input wire rready,
    output wire [16*31-1:0] errors,
    output reg [31:0] writes,
    output reg [31:0] reads
);
    wire [30:0] events;
    channel_checker #(
        .WIDTH(ADDR_W + 3)
    ) aw (
        .clk(clk),
        .rst(rst),
        .valid(awvalid),
        .ready(awready),
        .payload({awprot, awaddr}),
        .events(events[4:0])
    );
    channel_checker #(
        .WIDTH(DATA_W + DATA_W / 8)
    ) w (
        .clk(clk),
        .rst(rst),
        .valid(wvalid),
        .ready(wready),
        .payload({wstrb, wdata}),
        .events(events[9:5])
    );
    channel_checker #(
        .WIDTH(2)
    ) b (
        .clk(clk),
        .rst(rst),
        .valid(bvalid),
        .ready(bready),
        .payload(bresp),
        .events(events[14:10])
    );
    channel_checker #(
        .WIDTH(ADDR_W + 3)
    ) ar (
        .clk(clk),
        .rst(rst),
        .valid(arvalid),
        .ready(arready),
        .payload({arprot, araddr}),
        .events(events[19:15])
    );
    channel_checker #(
        .WIDTH(DATA_W + 2)
    ) r (
        .clk(clk),
        .rst(rst),
        .valid(rvalid),
        .ready(rready),
        .payload({rresp, rdata}),
        .events(events[24:20])
    );

    // Requests that were taken and not answered.
    reg armed_q;
    reg [15:0] addresses_q;
    reg [15:0] data_q;
    reg [15:0] reads_q;
    reg [31:0] write_clocks_q;
    reg [31:0] read_clocks_q;
    reg answering_b_q;  // this response was judged when it came
    reg answering_r_q;
    initial begin
        armed_q = 1'b0;
        addresses_q = 16'd0;
        data_q = 16'd0;
        reads_q = 16'd0;
        write_clocks_q = 32'd0;
        read_clocks_q = 32'd0;
        answering_b_q = 1'b0;
        answering_r_q = 1'b0;
        writes = 32'd0;
        reads = 32'd0;
    end

    wire run = armed_q && !rst;
    wire address = awvalid === 1'b1 && awready === 1'b1;
    wire data = wvalid === 1'b1 && wready === 1'b1;
    wire asked = arvalid === 1'b1 && arready === 1'b1;
    wire write_asked = addresses_q != 0 && data_q != 0;
    wire read_asked = reads_q != 0;
    wire written = write_asked && bvalid === 1'b1 && bready === 1'b1;
    wire read = read_asked && rvalid === 1'b1 && rready === 1'b1;
    wire write_waits = (addresses_q != 0 || awvalid === 1'b1) && (data_q != 0 || wvalid === 1'b1)
        && bvalid !== 1'b1;
    wire read_waits = (read_asked || arvalid === 1'b1) && rvalid !== 1'b1;
    wire first_b = run && bvalid === 1'b1 && !answering_b_q;
    wire first_r = run && rvalid === 1'b1 && !answering_r_q;
    assign events[25] = first_b && !write_asked;
    assign events[26] = first_r && !read_asked;
    assign events[27] = run && write_waits && write_clocks_q == LIMIT;
    assign events[28] = run && read_waits && read_clocks_q == LIMIT;
    assign events[29] = first_b && bresp === 2'b01;
    assign events[30] = first_r && rresp === 2'b01;

    always @(posedge clk) begin
        addresses_q <= addresses_q + {15'd0, address} - {15'd0, written};
        data_q <= data_q + {15'd0, data} - {15'd0, written};
        reads_q <= reads_q + {15'd0, asked} - {15'd0, read};
        write_clocks_q <= write_waits && !events[27] ? write_clocks_q + 1'b1 : 32'd0;
        read_clocks_q <= read_waits && !events[28] ? read_clocks_q + 1'b1 : 32'd0;
        answering_b_q <= bvalid === 1'b1 && bready === 1'b0;
        answering_r_q <= rvalid === 1'b1 && rready === 1'b0;
        if (written) writes <= writes + 1'b1;
        if (read) reads <= reads + 1'b1;
        if (rst === 1'b1) begin
            armed_q <= 1'b1;
            addresses_q <= 16'd0;
            data_q <= 16'd0;
            reads_q <= 16'd0;
            write_clocks_q <= 32'd0;
            read_clocks_q <= 32'd0;
            answering_b_q <= 1'b0;
            answering_r_q <= 1'b0;
        end
    end

    tally #(
        .EVENTS(31)
    ) tally (
        .clk(clk),
        .events(events),
        .counts(errors)
    );
endmodule

`default_nettype wire
