import Comparison
import Testing

@Suite struct LayerNameTests {
    @Test(arguments: [
        ("unet/down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight", "unet/down_blocks.1 attention"),
        ("down_blocks.1.attentions.0.transformer_blocks.0.norm2.bias", "down_blocks.1 norm"),
        ("down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj.weight", "down_blocks.0 feed-forward"),
        ("mid_block.resnets.1.conv1.weight", "mid_block resnet"),
        ("up_blocks.3.upsamplers.0.conv.weight", "up_blocks.3 sampler"),
        (
            "text_encoder/text_model.encoder.layers.11.self_attn.q_proj.weight",
            "text_encoder/encoder.layers.11 attention"
        ),
        ("text_model.encoder.layers.0.mlp.fc1.bias", "encoder.layers.0 feed-forward"),
        ("vae/decoder.up_blocks.2.resnets.0.conv1.weight", "vae/decoder.up_blocks.2 resnet"),
        ("time_embedding.linear_1.weight", "time_embedding.linear_1 embedding"),
        ("conv_in.weight", "conv_in"), ("alone", "alone"),
    ]) func blockAndKind(name: String, layer: String) { #expect(LayerName.layer(name) == layer) }

    @Test func moduleIsTheNameWithoutItsLastPart() {
        #expect(LayerName.module("unet/conv_in.weight") == "unet/conv_in")
        #expect(LayerName.module("alone") == "alone")
    }
}
