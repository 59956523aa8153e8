import Core
import Testing

@Suite struct MerkleTreeTests {
    /// The leaves and roots of the Certificate Transparency reference tests
    /// (google/certificate-transparency, merkletree/merkle_tree_test.cc).
    @Test func referenceVectorsOfCertificateTransparency() throws {
        let leaves = try [
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
        ].map { try Fixture.bytes(hex: $0) }
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        for count in 1...8 { #expect(MerkleTree.root(data: Array(leaves.prefix(count))).hex == roots[count - 1]) }
    }

    @Test func rootsOfEverySizeAgreeWithHashlib() throws {
        let leaves = (0..<33).map { Digest.sha256([UInt8($0)]) }
        for (count, root) in try Fixture.knownDigests()["merkle"].elements().enumerated() {
            #expect(try MerkleTree.root(leaves: Array(leaves.prefix(count))) == root.digest(), "\(count) leaves")
        }
    }

    @Test func proofsHoldForTheirLeafOnly() throws {
        let leaves = (0..<20).map { Digest.sha256([UInt8($0)]) }
        for count in 1...20 {
            let tree = Array(leaves.prefix(count))
            let root = MerkleTree.root(leaves: tree)
            for index in 0..<count {
                let proof = try #require(MerkleProof(leaves: tree, index: index))
                #expect(proof.proves(tree[index], root: root))
                #expect(!proof.proves(Digest.sha256([200]), root: root))
                #expect(!proof.proves(tree[index], root: Digest.sha256([200])))
                for wrong in 0..<count where wrong != index {
                    let moved = MerkleProof(index: wrong, count: count, siblings: proof.siblings)
                    #expect(!moved.proves(tree[index], root: root))
                }
                let longer = MerkleProof(index: index, count: count, siblings: proof.siblings + [root])
                #expect(!longer.proves(tree[index], root: root))
            }
        }
        #expect(MerkleProof(leaves: leaves, index: 20) == nil)
        #expect(MerkleProof(leaves: [], index: 0) == nil)
    }
}
