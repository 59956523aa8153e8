/// What a picture's file has and its decoded pixels do not show: what `ImageDecoder` drops, ignores or converts. Read from
/// the container alone, without decoding.
package struct PictureTraits: OptionSet, Sendable, Hashable {
    /// The bits.
    package let rawValue: Int

    /// Takes the bits as they are.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// An alpha channel, or a colour that stands for transparent; it is dropped.
    package static let alpha = PictureTraits(rawValue: 1)
    /// An EXIF orientation that turns or mirrors; it is not applied.
    package static let orientation = PictureTraits(rawValue: 2)
    /// A colour profile; it is ignored.
    package static let profile = PictureTraits(rawValue: 4)
    /// Four inks, converted to RGB.
    package static let fourInks = PictureTraits(rawValue: 8)
    /// Sixteen bits a sample, of which eight are taken.
    package static let sixteenBits = PictureTraits(rawValue: 16)

    /// Looks through a whole file of any bytes; what is damaged has no traits.
    package init(bytes: [UInt8]) {
        self = []
        let reader = Bytes(bytes)
        switch ImageDecoder.format(of: bytes) {
        case .jpeg: readJPEG(reader)
        case .png: readPNG(reader)
        case .webp: readWebP(reader)
        case nil: break
        }
    }

    /// Bytes with bounds.
    private struct Bytes {
        let all: ArraySlice<UInt8>

        init(_ all: some Collection<UInt8>) { self.all = ArraySlice(all) }

        var count: Int { all.count }

        subscript(place: Int) -> UInt8? { (0..<count).contains(place) ? all[all.startIndex + place] : nil }

        /// A part that lies wholly inside.
        func part(_ start: Int, _ length: Int) -> Bytes? {
            guard start >= 0, length >= 0, start <= count, length <= count - start else { return nil }
            return Bytes(all[(all.startIndex + start)..<(all.startIndex + start + length)])
        }

        func number(_ place: Int, _ size: Int, isBigEndian: Bool) -> Int? {
            guard let bytes = part(place, size)?.all else { return nil }
            return (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | Int($1) }
        }

        func starts(with text: String) -> Bool { all.starts(with: text.utf8) }
    }

    // MARK: Containers

    private mutating func readJPEG(_ file: Bytes) {
        var place = 2
        while file[place] == 0xFF, let marker = file[place + 1] {
            // Fill bytes, and markers without a length.
            if marker == 0xFF {
                place += 1
                continue
            }
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                place += 2
                continue
            }
            // The pixels begin, or the picture ends.
            if marker == 0xDA || marker == 0xD9 { return }
            guard let length = file.number(place + 2, 2, isBigEndian: true), length >= 2,
                let segment = file.part(place + 4, length - 2)
            else { return }
            switch marker {
            case 0xE1 where segment.starts(with: "Exif\0"): readEXIF(segment.part(6, segment.count - 6))
            case 0xE2 where segment.starts(with: "ICC_PROFILE\0"): insert(.profile)
            case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker): if segment[5] == 4 { insert(.fourInks) }
            default: break
            }
            place += 2 + length
        }
    }

    private mutating func readPNG(_ file: Bytes) {
        var place = 8
        while let length = file.number(place, 4, isBigEndian: true), let name = file.part(place + 4, 4)?.all,
            let chunk = file.part(place + 8, length)
        {
            switch String(decoding: name, as: UTF8.self) {
            case "IHDR":
                if chunk[8] == 16 { insert(.sixteenBits) }
                if chunk[9] == 4 || chunk[9] == 6 { insert(.alpha) }
            case "tRNS": insert(.alpha)
            case "iCCP": insert(.profile)
            case "eXIf": readEXIF(chunk)
            case "IEND": return
            default: break
            }
            place += 12 + length
        }
    }

    private mutating func readWebP(_ file: Bytes) {
        var place = 12
        while let name = file.part(place, 4)?.all, let length = file.number(place + 4, 4, isBigEndian: false),
            let chunk = file.part(place + 8, length)
        {
            switch String(decoding: name, as: UTF8.self) {
            case "VP8X": if (chunk[0] ?? 0) & 0x10 != 0 { insert(.alpha) }
            case "ALPH": insert(.alpha)
            case "VP8L": if (chunk[4] ?? 0) & 0x10 != 0 { insert(.alpha) }
            case "ICCP": insert(.profile)
            case "EXIF": readEXIF(chunk.starts(with: "Exif\0") ? chunk.part(6, chunk.count - 6) : chunk)
            default: break
            }
            place += 8 + length + length % 2
        }
    }

    /// A TIFF header and its first directory, in which tag 0x0112 is the orientation: 1 is as it lies, 2 to 8 turn or mirror.
    private mutating func readEXIF(_ tiff: Bytes?) {
        guard let tiff, tiff.starts(with: "II*\0") || tiff.starts(with: "MM\0*") else { return }
        let isBigEndian = tiff[0] == UInt8(ascii: "M")
        guard let start = tiff.number(4, 4, isBigEndian: isBigEndian),
            let count = tiff.number(start, 2, isBigEndian: isBigEndian)
        else { return }
        for index in 0..<count {
            let entry = start + 2 + 12 * index
            guard let tag = tiff.number(entry, 2, isBigEndian: isBigEndian) else { return }
            guard tag == 0x0112 else { continue }
            if let value = tiff.number(entry + 8, 2, isBigEndian: isBigEndian), (2...8).contains(value) {
                insert(.orientation)
            }
            return
        }
    }
}
