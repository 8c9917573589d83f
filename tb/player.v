// player: beats of well-formed video from a file onto an AXI4-Stream, with pauses.
//
// File: one line a beat, "width height user last data" in hexadecimal. The size is shown on
// frame_width and frame_height while the beat is offered.
// Pauses: before each beat, with probability PAUSE/256, up to 2**pause_bits clocks. While no beat is
// offered the data are unknown (X), so that an engine that looks at them anyway is found out.
`default_nettype none

module player #(
    parameter DATA_W = 8
) (
    input wire clk,
    input wire rst,
    input wire go,
    input wire [7:0] pause,
    input wire [3:0] pause_bits,
    input wire [31:0] seed,
    output reg [15:0] frame_width,
    output reg [15:0] frame_height,
    output reg [DATA_W-1:0] tdata,
    output reg tuser,
    output reg tlast,
    output reg tvalid,
    input wire tready,
    output reg done  // every beat of the file was accepted
);
    integer file;
    reg [15:0] next_width;
    reg [15:0] next_height;
    reg next_user;
    reg next_last;
    reg [DATA_W-1:0] next_data;
    reg loaded;
    reg [31:0] random;
    reg [15:0] wait_q;

    // Blocking on purpose: the file is read in order, within one clock.
    initial begin
        loaded = 1'b0;
        done = 1'b0;
        tvalid = 1'b0;
        wait_q = 0;
        random = 1;
        file = $fopen("input.hex", "r");
    end

    always @(posedge clk) begin
        if (rst || !go) begin
            random = seed ^ 32'h9e3779b9;
            tvalid <= 1'b0;
        end else begin
            if (pause != 0) begin
                random = random ^ (random << 13);
                random = random ^ (random >> 17);
                random = random ^ (random << 5);
            end
            if (tready || !tvalid) begin
                if (!loaded) begin
                    loaded = $fscanf(file, "%h %h %h %h %h\n", next_width, next_height, next_user,
                                     next_last, next_data) == 5;
                end
                if (loaded && wait_q == 0 && (pause == 0 || random[7:0] >= pause)) begin
                    frame_width <= next_width;
                    frame_height <= next_height;
                    tdata <= next_data;
                    tuser <= next_user;
                    tlast <= next_last;
                    tvalid <= 1'b1;
                    loaded = 1'b0;
                end else begin
                    tdata <= {DATA_W{1'bx}};
                    tuser <= 1'bx;
                    tlast <= 1'bx;
                    tvalid <= 1'b0;
                    if (!loaded) done <= 1'b1;
                    else if (wait_q != 0) wait_q <= wait_q - 1'b1;
                    else wait_q <= random[23:8] & ((16'd1 << pause_bits) - 1'b1);
                end
            end
        end
    end
endmodule

`default_nettype wire
