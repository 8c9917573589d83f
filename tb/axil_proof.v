// SPDX-License-Identifier: MIT
// axil_proof: what the header of deconv_axil says of its channels, to be proven (test_axil.py).
//
//   account    an address, a datum or a read that was taken is waiting or answered, never lost or
//              doubled; so no answer comes without its request, and two of a direction are outstanding
//   stable     an answer stands, unchanged, until it is taken
//   forward    a write that waits while no B stands is answered in the next clock, whatever R does; a
//              read that waits while no R stands too, whatever B does, unless such a write goes first
//   one write  after which the next one cannot be there a clock later
//
// Inputs are any, the block acknowledges at once.
`default_nettype none

module axil_proof (
    input wire clk,
    input wire rst,
    input wire [7:0] awaddr,
    input wire awvalid,
    input wire [31:0] wdata,
    input wire [3:0] wstrb,
    input wire wvalid,
    input wire bready,
    input wire [7:0] araddr,
    input wire arvalid,
    input wire rready,
    input wire write_error,
    input wire read_error,
    input wire [31:0] read_data
);
    wire awready;
    wire wready;
    wire [1:0] bresp;
    wire bvalid;
    wire arready;
    wire [31:0] rdata;
    wire [1:0] rresp;
    wire rvalid;
    wire request;
    wire is_write;
    deconv_axil axil (
        .clk(clk),
        .rst(rst),
        .s_axil_awaddr(awaddr),
        .s_axil_awvalid(awvalid),
        .s_axil_awready(awready),
        .s_axil_wdata(wdata),
        .s_axil_wstrb(wstrb),
        .s_axil_wvalid(wvalid),
        .s_axil_wready(wready),
        .s_axil_bresp(bresp),
        .s_axil_bvalid(bvalid),
        .s_axil_bready(bready),
        .s_axil_araddr(araddr),
        .s_axil_arvalid(arvalid),
        .s_axil_arready(arready),
        .s_axil_rdata(rdata),
        .s_axil_rresp(rresp),
        .s_axil_rvalid(rvalid),
        .s_axil_rready(rready),
        .request(request),
        .is_write(is_write),
        .write_ack(request && is_write),
        .write_error(write_error),
        .read_ack(request && !is_write),
        .read_error(read_error),
        .read_data(read_data)
    );

    // Taken, and no answer to it taken.
    reg [3:0] addresses_q;
    reg [3:0] data_q;
    reg [3:0] reads_q;
    reg was_reset_q;  // at some time
    reg run_q;  // and not in the last clock
    reg [2:0] b_q;  // {waits, answer} of the last clock
    reg [34:0] r_q;
    reg write_q;  // a write waited in the last clock and no B stood
    reg read_q;
    initial was_reset_q = 1'b0;
    initial run_q = 1'b0;

    wire write = !awready && !wready && !bvalid;
    wire read = !arready && !rvalid;
    wire taken_b = bvalid && bready;
    wire taken_r = rvalid && rready;
    always @(posedge clk) begin
        was_reset_q <= was_reset_q || rst;
        run_q <= was_reset_q && !rst;
        addresses_q <= addresses_q + (awvalid && awready) - taken_b;
        data_q <= data_q + (wvalid && wready) - taken_b;
        reads_q <= reads_q + (arvalid && arready) - taken_r;
        b_q <= {bvalid && !bready, bresp};
        r_q <= {rvalid && !rready, rresp, rdata};
        write_q <= write;
        read_q <= read && !write;
        if (rst) begin
            addresses_q <= 4'd0;
            data_q <= 4'd0;
            reads_q <= 4'd0;
        end
    end

    always @* begin
        if (was_reset_q) begin
            account_address : assert (addresses_q == !awready + bvalid);
            account_data : assert (data_q == !wready + bvalid);
            account_read : assert (reads_q == !arready + rvalid);
        end
        if (run_q) begin
            if (b_q[2]) stable_b : assert (bvalid && bresp == b_q[1:0]);
            if (r_q[34]) stable_r : assert (rvalid && {rresp, rdata} == r_q[33:0]);
            if (write_q) forward_write : assert (bvalid);
            if (read_q) forward_read : assert (rvalid);
            if (write_q) one_write : assert (!write);
        end
    end
endmodule

`default_nettype wire
