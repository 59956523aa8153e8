import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Preferences
import Testing

/// A CLIP with both towers and its preprocessing against transformers.
@Suite struct ScorerTests {
    @Test(arguments: Oracle.available) func towersAgreeWithTransformers(oracle: Oracle) throws {
        let engine = Engine()
        defer { engine.stop() }
        let model = try CLIPModel(path: "\(oracle.folder)/sd/pickscore")
        let expected = try oracle.file("sd/out/pickscore.safetensors")
        let ids = try Oracle.integers(expected, "input_ids")
        let length = try expected.require(named: "input_ids").shape[1]
        let rows = stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
        let tape = Tape(engine: engine, isRecording: false)
        let pixels = tape.constant(try expected.float32(named: "pixel_values"))
        let (images, texts) = (
            model.imageFeatures(tape, pixels: pixels).value, model.textFeatures(tape, ids: rows).value
        )
        // One row a caption.
        let pairs = rows.indices.flatMap { text in rows.indices.map { CosinePair($0, text) } }
        let cosines = engine.cosines(images, texts, pairs).map(\.value)
        let yardsticks = try oracle.json("aux_yardstick.json")
        for (tensor, value) in [
            ("vision_pooled", model.visionModel.forward(tape, pixels: pixels).pooled.value),
            ("text_pooled", model.textModel.forward(tape, ids: rows).pooled.value),
            ("image_features", images), ("text_features", texts),
            ("cosine", Tensor(cosines, shape: [rows.count, rows.count])),
        ] {
            let yardstick = try yardsticks["pickscore.\(tensor)"]["rel_l2"].double()
            let ratio = Oracle.distance(value, try expected.float32(named: tensor)) / yardstick
            print("oracle pickscore \(tensor): ratio \(ratio)")
            #expect(ratio <= Oracle.limit, "\(tensor)")
        }
        // transformers names the same parameters.
        let file = try Checkpoint(safetensors: "\(oracle.folder)/sd/pickscore/model.safetensors")
        #expect(model.parameters.map(\.name) == file.names)
    }

    /// Larger, smaller and odd pictures: shorter side, crop, rescaling and normalising give transformers' bits.
    @Test(arguments: Oracle.available) func preprocessingHasTransformersBits(oracle: Oracle) throws {
        let expected = try oracle.file("sd/out/pickscore.safetensors")
        let processor = CLIPImageProcessor(CLIPImageProcessorConfig(edge: 28))
        let wanted = try expected.float32(named: "pixel_values")
        for index in 0..<3 {
            let pixels = try expected.tensor(named: "image\(index)")
            let image = Image(width: pixels.shape[1], height: pixels.shape[0], rgb: Array(pixels.bytes))
            #expect(try processor.planes(image) == wanted.slice(index..<index + 1).floats)
            let planes = Tensor(PixelPlanes.planar(image), shape: [1, 3, image.height, image.width])
            #expect(try processor.planes(planes).floats == wanted.slice(index..<index + 1).floats)
        }
    }
}
