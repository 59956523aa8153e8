import Core

/// How a stored picture becomes the square of planes that a model is trained on. Each rule is a key of a recipe.
package struct PicturePreparation: Sendable, Hashable {
    /// `data.resize`: how a picture's shorter side is brought to the edge.
    package enum Resize: String, Sendable, CaseIterable {
        /// Each picture by itself in 8 bits, by Pillow's triangle; cropped, then mirrored. So the scripts of Diffusion-DPO,
        /// SmPO and diffusers for SD 1.5, and those of the first two for SDXL.
        case picture
        /// The second picture is brought to the first one's size by Pillow's cubic; both become one tensor of floats, which
        /// is resized by a triangle, mirrored, and then cropped. So diffusers' DPO script for SDXL, and MaPO.
        case pair
    }

    /// `data.crop`: which square of the resized picture.
    package enum Crop: String, Sendable, CaseIterable {
        /// The middle; a half is rounded to even.
        case center
        /// Any, from the stream `crop`.
        case random
    }

    /// Which pictures are mirrored half of the time.
    package enum Flip: String, Sendable, CaseIterable {
        /// None.
        case never
        /// Each by itself.
        case picture
        /// Both of a pair, or none.
        case pair
    }

    /// How the shorter side is brought to the edge.
    package var resize = Resize.picture
    /// Which pass of Pillow's resize goes first.
    package var order = PillowResize.Order.across
    /// Which square is taken.
    package var crop = Crop.center
    /// What is mirrored.
    package var flip = Flip.never

    /// By these rules.
    package init(
        resize: Resize = .picture, order: PillowResize.Order = .across, crop: Crop = .center, flip: Flip = .never
    ) {
        (self.resize, self.order, self.crop, self.flip) = (resize, order, crop, flip)
    }

    /// Shorter side to the edge, the middle square, nothing at random.
    package static let plain = PicturePreparation()

    /// The same rules without mirroring.
    package var unmirrored: PicturePreparation { PicturePreparation(resize: resize, order: order, crop: crop) }

    /// The rules by the names and values of their keys.
    package var json: JSONObject {
        [
            "crop": .string(crop.rawValue), "flip": .string(flip.rawValue), "resize": .string(resize.rawValue),
            "resize_order": .string(order.rawValue),
        ]
    }

    /// Pictures of the pair at `index`, as squares of `size` pixels, each read once. Those that a data set draws at any size,
    /// and latents, are taken as they are, and only mirrored.
    ///
    /// - Parameters:
    ///   - sides: which, in the order in which `draws` numbers them: winner and loser, or one.
    /// - Throws: the error of a picture that cannot be read.
    package func pictures(
        of dataset: any PreferenceDataset, at index: Int, sides: [PairSide], size: Int, draws: PictureDraws
    ) throws -> [PreparedPicture] {
        var read: [PairSide: Image] = [:]
        func image(_ side: PairSide) throws -> Image? {
            if let image = read[side] { return image }
            read[side] = try dataset.image(at: index, which: side)
            return read[side]
        }
        return try sides.enumerated().map { place, side in
            guard let own = try image(side) else {
                return square(
                    try dataset.pixels(at: index, which: side, size: size), size: size, place: place, draws: draws,
                    frame: try dataset.frame(at: index, which: side, size: size))
            }
            let isMirrored = isMirrored(place, draws)
            let stored = resize == .picture ? own : try image(.image0) ?? own
            let placement = PicturePlacement(
                height: stored.height, width: stored.width, edge: size, isMirrored: isMirrored,
                corner: crop == .center
                    ? nil : { draws.corner(resize == .pair ? 0 : place, rows: $0, columns: $1) })
            return PreparedPicture(
                planes: resize == .picture ? planes(own, placement) : tensor(own, as: stored, placement),
                frame: PictureFrame(
                    height: stored.height, width: stored.width, top: placement.top, left: placement.left),
                isMirrored: isMirrored)
        }
    }

    /// A square of planes that is as it should be, and only mirrored.
    package func square(
        _ planes: [Float], size: Int, place: Int, draws: PictureDraws, frame: PictureFrame
    ) -> PreparedPicture {
        let isMirrored = isMirrored(place, draws)
        return PreparedPicture(
            planes: isMirrored ? PixelPlanes.flipped(planes, width: size) : planes, frame: frame,
            isMirrored: isMirrored)
    }

    private func isMirrored(_ place: Int, _ draws: PictureDraws) -> Bool {
        switch flip {
        case .never: false
        case .picture: draws.isMirrored(resize == .pair ? 0 : place)
        case .pair: draws.isMirrored(0)
        }
    }

    /// The square in 8 bits, by `resize: picture`, before it is mirrored.
    package func square(_ image: Image, _ placement: PicturePlacement) -> Image {
        PillowResize.resize(
            image, width: placement.width, height: placement.height, order: order, region: placement.region)
    }

    /// Planes in [-1, 1] by `resize: picture`.
    package func planes(_ image: Image, _ placement: PicturePlacement) -> [Float] {
        PixelPlanes.planar(square(image, placement), flipped: placement.isMirrored)
    }

    /// Planes by `resize: pair`, of a picture of a pair whose first picture is `first`.
    package func tensor(_ image: Image, as first: Image, _ placement: PicturePlacement) -> [Float] {
        let image = PillowResize.resize(
            image, width: first.width, height: first.height, filter: .bicubic, order: order)
        let planes = TensorResize.planes(
            image, width: placement.width, height: placement.height, region: placement.mirroredRegion
        ).map { ($0 - 0.5) / 0.5 }
        return placement.isMirrored ? PixelPlanes.flipped(planes, width: placement.edge) : planes
    }
}
