-f deconv_axi.f
board/deconv_dma_video.v
