-f deconv_axi.f
board/dma_video.v
