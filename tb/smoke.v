// SPDX-License-Identifier: MIT
// smoke: deconv_axi in plain Verilog, no Python: does this copy of the engine work, in this simulator?
//
// Over the registers: read ID and the sizes, write the kernel, set SIZE, enable. Then one frame of the
// vector "study" in, with pauses, and its beats compared, with stalls; then ERRORS, the counters
// and the three signatures, which are those of the manifest. It needs kernel.mem, input.mem and
// expected.mem of vectors/study/ in the folder it runs in, as study.kernel.mem and so on.
// Made by tools/package.py of the package's smoke.v.j2: edit that instead.
//
// Ends with "smoke: passed", or with $fatal and what was wrong.
`timescale 1ns / 1ps
`default_nettype none

module smoke;
    localparam WIDTH = 12;
    localparam HEIGHT = 8;
    localparam STRIDE = 2;
    localparam PPC = 4;
    localparam IN_BITS = 8;
    localparam OUT_BITS = 32;
    localparam WORDS = 41;
    localparam LINE_BEATS = (STRIDE * WIDTH + PPC - 1) / PPC;
    localparam OUT_LINES = STRIDE * HEIGHT;
    localparam BEATS = OUT_LINES * LINE_BEATS;
    localparam [31:0] SIGNATURE_IN = 32'h5cae6522;
    localparam [31:0] SIGNATURE_OUT = 32'h64054281;
    localparam [31:0] SIGNATURE_KERNEL = 32'h12db2688;

    // Addresses as docs/registers.md has them.
    localparam [7:0] ID = 8'h00;
    localparam [7:0] CONFIG_HASH = 8'h08;
    localparam [7:0] CONTROL = 8'h10;
    localparam [7:0] ERRORS = 8'h18;
    localparam [7:0] IRQ_STATUS = 8'h1c;
    localparam [7:0] IRQ_ENABLE = 8'h20;
    localparam [7:0] SIZE = 8'h24;
    localparam [7:0] KERNEL_DATA = 8'h30;
    localparam [7:0] KERNEL_CONTROL = 8'h34;
    localparam [7:0] KERNEL_COUNT = 8'h38;
    localparam [7:0] KERNEL_WORDS = 8'h3c;
    localparam [7:0] CRC_IN = 8'h40;
    localparam [7:0] CRC_OUT = 8'h44;
    localparam [7:0] CRC_KERNEL = 8'h48;
    localparam [7:0] FRAMES_OUT = 8'h54;
    localparam [7:0] LINES_OUT = 8'h5c;
    localparam [7:0] MAXIMUM = 8'h88;

    reg aclk;
    reg aresetn;
    initial aclk = 1'b0;
    always #1 aclk = !aclk;

    reg [31:0] beats;
    reg [IN_BITS-1:0] s_tdata;
    reg s_tuser;
    reg s_tlast;
    reg s_tvalid;
    wire s_tready;
    wire [OUT_BITS-1:0] m_tdata;
    wire m_tuser;
    wire m_tlast;
    wire m_tvalid;
    reg m_tready;
    reg [7:0] awaddr;
    reg awvalid;
    wire awready;
    reg [31:0] wdata;
    reg wvalid;
    wire wready;
    wire [1:0] bresp;
    wire bvalid;
    reg [7:0] araddr;
    reg arvalid;
    wire arready;
    wire [31:0] rdata;
    wire [1:0] rresp;
    wire rvalid;
    wire irq;
    wire [31:0] s_beats;
    wire [31:0] m_beats;
    wire [31:0] writes;
    wire [31:0] reads;

    deconv_axi #(
        .MAX_W(40),
        .MAX_H(64),
        .WEIGHT_I(10),
        .WEIGHT_Q(5),
        .WEIGHT_O(3),
        .ACC_I(23),
        .OUT_SHIFT(0),
        .CONFIG_HASH(32'h42693bf6)
    ) dut (
        .aclk(aclk),
        .aresetn(aresetn),
        .s_axis_video_tdata(s_tdata),
        .s_axis_video_tuser(s_tuser),
        .s_axis_video_tlast(s_tlast),
        .s_axis_video_tvalid(s_tvalid),
        .s_axis_video_tready(s_tready),
        .m_axis_video_tdata(m_tdata),
        .m_axis_video_tuser(m_tuser),
        .m_axis_video_tlast(m_tlast),
        .m_axis_video_tvalid(m_tvalid),
        .m_axis_video_tready(m_tready),
        .s_axi_control_awaddr(awaddr),
        .s_axi_control_awprot(3'd0),
        .s_axi_control_awvalid(awvalid),
        .s_axi_control_awready(awready),
        .s_axi_control_wdata(wdata),
        .s_axi_control_wstrb(4'hf),
        .s_axi_control_wvalid(wvalid),
        .s_axi_control_wready(wready),
        .s_axi_control_bresp(bresp),
        .s_axi_control_bvalid(bvalid),
        .s_axi_control_bready(1'b1),
        .s_axi_control_araddr(araddr),
        .s_axi_control_arprot(3'd0),
        .s_axi_control_arvalid(arvalid),
        .s_axi_control_arready(arready),
        .s_axi_control_rdata(rdata),
        .s_axi_control_rresp(rresp),
        .s_axi_control_rvalid(rvalid),
        .s_axi_control_rready(1'b1),
        .irq(irq)
    );

    // The protocol checkers watch all three buses.
    wire rst = !aresetn;
    wire [16*9-1:0] s_errors;
    wire [16*9-1:0] m_errors;
    wire [16*31-1:0] control_errors;
    axis_checker #(
        .DATA_W(IN_BITS)
    ) s_checker (
        .clk(aclk),
        .rst(rst),
        .framing(1'b1),
        .line_beats(WIDTH[15:0]),
        .frame_lines(HEIGHT[15:0]),
        .tdata(s_tdata),
        .tuser(s_tuser),
        .tlast(s_tlast),
        .tvalid(s_tvalid),
        .tready(s_tready),
        .errors(s_errors),
        .beats(s_beats)
    );
    axis_checker #(
        .DATA_W(OUT_BITS)
    ) m_checker (
        .clk(aclk),
        .rst(rst),
        .framing(1'b1),
        .line_beats(LINE_BEATS[15:0]),
        .frame_lines(OUT_LINES[15:0]),
        .tdata(m_tdata),
        .tuser(m_tuser),
        .tlast(m_tlast),
        .tvalid(m_tvalid),
        .tready(m_tready),
        .errors(m_errors),
        .beats(m_beats)
    );
    axil_checker control_checker (
        .clk(aclk),
        .rst(rst),
        .awaddr(awaddr),
        .awprot(3'd0),
        .awvalid(awvalid),
        .awready(awready),
        .wdata(wdata),
        .wstrb(4'hf),
        .wvalid(wvalid),
        .wready(wready),
        .bresp(bresp),
        .bvalid(bvalid),
        .bready(1'b1),
        .araddr(araddr),
        .arprot(3'd0),
        .arvalid(arvalid),
        .arready(arready),
        .rdata(rdata),
        .rresp(rresp),
        .rvalid(rvalid),
        .rready(1'b1),
        .errors(control_errors),
        .writes(writes),
        .reads(reads)
    );

    reg [IN_BITS-1:0] pixels[0:WIDTH*HEIGHT-1];
    reg [OUT_BITS-1:0] expected[0:BEATS-1];
    reg [31:0] kernel[0:WORDS-1];
    initial begin
        $readmemh("study.input.mem", pixels);
        $readmemh("study.expected.mem", expected);
        $readmemh("study.kernel.mem", kernel);
    end

    // Pauses and stalls: a shift register with feedback.
    reg [15:0] random;
    initial random = 16'd1;
    always @(posedge aclk) begin
        random <= {random[14:0], random[15] ^ random[13] ^ random[12] ^ random[10]};
    end

    reg answered;
    task write;
        input [7:0] address;
        input [31:0] word;
        begin
            awaddr <= address;
            awvalid <= 1'b1;
            wdata <= word;
            wvalid <= 1'b1;
            answered = 1'b0;
            while (!answered) begin
                @(posedge aclk);
                if (awready) awvalid <= 1'b0;
                if (wready) wvalid <= 1'b0;
                answered = bvalid;
            end
            if (bresp !== 2'b00) $fatal(1, "smoke: write to %h answered %b", address, bresp);
        end
    endtask

    task check;
        input [7:0] address;
        input [31:0] word;
        begin
            araddr <= address;
            arvalid <= 1'b1;
            answered = 1'b0;
            while (!answered) begin
                @(posedge aclk);
                if (arready) arvalid <= 1'b0;
                answered = rvalid;
            end
            if (rresp !== 2'b00 || rdata !== word) begin
                $fatal(1, "smoke: register %h is %h %b; expected %h", address, rdata, rresp, word);
            end
        end
    endtask

    integer i;
    always begin
        aresetn <= 1'b0;
        s_tvalid <= 1'b0;
        awvalid <= 1'b0;
        wvalid <= 1'b0;
        arvalid <= 1'b0;
        repeat (8) @(posedge aclk);
        aresetn <= 1'b1;
        repeat (2) @(posedge aclk);

        check(ID, "DCV4");
        check(CONFIG_HASH, 32'h42693bf6);
        check(MAXIMUM, {16'd64, 16'd40});
        check(KERNEL_WORDS, WORDS);

        write(KERNEL_CONTROL, 32'd1);
        for (i = 0; i < WORDS; i = i + 1) write(KERNEL_DATA, kernel[i]);
        check(KERNEL_COUNT, WORDS);
        write(KERNEL_CONTROL, 32'd2);
        repeat (4) @(posedge aclk);  // the first set is active at once
        check(CRC_KERNEL, SIGNATURE_KERNEL);

        write(SIZE, {HEIGHT[15:0], WIDTH[15:0]});
        write(IRQ_STATUS, 32'hffffffff);
        write(IRQ_ENABLE, 32'd2);
        write(CONTROL, 32'd1);
        if (irq !== 1'b0) $fatal(1, "smoke: irq before the frame");

        for (i = 0; i < WIDTH * HEIGHT; i = i + 1) begin
            while (random[2:0] == 0) @(posedge aclk);
            s_tdata <= pixels[i];
            s_tuser <= i == 0;
            s_tlast <= i % WIDTH == WIDTH - 1;
            s_tvalid <= 1'b1;
            @(posedge aclk);
            while (!s_tready) @(posedge aclk);
            s_tvalid <= 1'b0;
        end
        while (!irq) @(posedge aclk);
        repeat (200) @(posedge aclk);

        if (beats != BEATS) $fatal(1, "smoke: %0d beats; expected %0d", beats, BEATS);
        check(ERRORS, 32'd0);
        check(FRAMES_OUT, 32'd1);
        check(LINES_OUT, OUT_LINES);
        check(CRC_IN, SIGNATURE_IN);
        check(CRC_OUT, SIGNATURE_OUT);
        if ({s_errors, m_errors, control_errors} != 0) begin
            $fatal(1, "smoke: protocol broken, in %h, out %h, registers %h", s_errors, m_errors,
                   control_errors);
        end
        if (s_beats != WIDTH * HEIGHT || m_beats != BEATS || writes == 0 || reads == 0) begin
            $fatal(1, "smoke: checkers saw %0d, %0d, %0d, %0d", s_beats, m_beats, writes, reads);
        end
        $display("smoke: passed, %0d beats compared", beats);
        $finish(0);
        forever @(posedge aclk);
    end

    // The output, beat by beat.
    wire [OUT_BITS-1:0] wanted = expected[beats];
    wire sof = beats == 0;
    wire eol = beats % LINE_BEATS == LINE_BEATS - 1;
    initial begin
        beats = 0;
        m_tready = 1'b0;
    end
    always @(posedge aclk) begin
        m_tready <= random[3:1] != 0;
        if (aresetn && m_tvalid !== 1'b0 && m_tready) begin
            if ({m_tvalid, m_tuser, m_tlast, m_tdata} !== {1'b1, sof, eol, wanted}) begin
                $fatal(1, "smoke: beat %0d is SOF %b EOL %b %h; expected SOF %b EOL %b %h", beats,
                       m_tuser, m_tlast, m_tdata, sof, eol, wanted);
            end
            beats <= beats + 1;
        end
    end

    initial begin
        repeat (5664) @(posedge aclk);
        $fatal(1, "smoke: nothing more comes after %0d beats", beats);
    end
endmodule

`default_nettype wire
