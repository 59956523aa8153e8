// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors in every target of our own, Swift and C alike: a silently dropped
/// `__attribute__((target))` or an unused result is a bug here.
let swiftChecks: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let cChecks: [CSetting] = [
    .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"), .disableWarning("unused-function"),
    .disableWarning("psabi"),
]
let cxxChecks: [CXXSetting] = [
    .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"), .disableWarning("unused-function"),
    .disableWarning("psabi"),
]

/// The layers, top to bottom: a target imports only targets that stand above it in this list.
func layer(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swiftChecks)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swiftChecks)
}

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "smpo",
    products: [
        .executable(name: "smpo", targets: ["smpo"]),
        // For SMPO_CUDA_LIBRARY: the program on the emulated device.
        .library(name: "cuda-emulator", type: .dynamic, targets: ["CudaEmulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CKernels", exclude: ["NUMERICS.md"], cSettings: cChecks),
        // The kernels' PTX is embedded as it lies there, packed.
        .target(
            name: "CCuda", exclude: ["kernels"], cSettings: cChecks + [.disableWarning("c23-extensions")],
            linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("zstd")]),
        .target(
            name: "CImageCodecs", cSettings: cChecks,
            linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp")]),
        .target(
            name: "CTableCodecs", cSettings: cChecks,
            linkerSettings: [
                .linkedLibrary("z"), .linkedLibrary("zstd"), .linkedLibrary("snappy"), .linkedLibrary("lz4"),
            ]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        layer("Core", ["CCrypto", yams]),
        layer("Jobs", ["Core"]),
        layer("Ranks", ["Core"]),
        layer("Pages", ["Core"]),
        layer("Tables", ["CTableCodecs", "Core"]),
        layer("Compute", ["CKernels", "CCuda", "COpenBLAS", "Core"]),
        layer("Checkpoints", ["Core", "Compute"]),
        layer("Diffusion", ["Core", "Compute", "Checkpoints"]),
        layer("Datasets", ["CImageCodecs", "Core", "Tables", "Compute", "Checkpoints"]),
        layer("Ledger", ["Core", grdb], exclude: ["FORMAT.md"]),
        layer("Preferences", ["Core", "Compute", "Checkpoints", "Diffusion", "Datasets"]),
        layer(
            "Training",
            [
                "Core", "Ranks", "Pages", "Tables", "Compute", "Checkpoints", "Diffusion", "Datasets", "Ledger",
                "Preferences",
            ]),
        layer("Comparison", ["CKernels", "Core", "Pages", "Compute", "Checkpoints", "Ledger"]),
        layer(
            "Audit",
            [
                "Core", "Jobs", "Pages", "Tables", "Compute", "Checkpoints", "Diffusion", "Datasets", "Ledger",
                "Preferences", "Training", "Comparison",
            ]),
        layer(
            "Studies",
            ["Core", "Jobs", "Pages", "Compute", "Diffusion", "Datasets", "Ledger", "Preferences", "Training", "Audit"]),
        layer("Reports", ["Core", "Pages", "Compute", "Checkpoints", "Ledger", "Training", "Comparison", "Audit"]),
        .executableTarget(
            name: "smpo",
            dependencies: [
                "CKernels", "Core", "Jobs", "Ranks", "Pages", "Tables", "Compute", "Checkpoints", "Diffusion",
                "Datasets",
                "Ledger", "Preferences", "Training", "Comparison", "Audit", "Studies", "Reports", arguments,
            ],
            swiftSettings: swiftChecks),

        // The generator of the tests that damage files or choose moments.
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: swiftChecks),
        // A device with a memory of its own, which refuses operands that lie on the host.
        .target(
            name: "SeparateDevice", dependencies: ["Compute"], path: "Tests/SeparateDevice", swiftSettings: swiftChecks),
        // A rank of a group that does something on the way.
        .target(
            name: "ForwardingRank", dependencies: ["Ranks"], path: "Tests/ForwardingRank", swiftSettings: swiftChecks),
        tests("CoreTests", ["Core", "SeededRandom"], exclude: ["Fixtures"]),
        tests("JobsTests", ["Core", "Jobs"]),
        tests("RanksTests", ["Core", "Ranks", "SeededRandom", "ForwardingRank"]),
        tests("TablesTests", ["Core", "Tables", "SeededRandom"], exclude: ["Fixtures"]),
        // NVIDIA's driver on the host's processor, running the kernels' own source.
        .target(
            name: "CudaEmulator", dependencies: ["CCuda"], path: "Tests/CudaEmulator",
            cxxSettings: cxxChecks + [.headerSearchPath("."), .headerSearchPath("../../Sources/CCuda/kernels")]),
        tests("ComputeTests", ["CKernels", "CCuda", "CudaEmulator", "Core", "Compute"]),
        tests("CheckpointsTests", ["Core", "Compute", "Checkpoints", "SeededRandom"], exclude: ["Fixtures"]),
        tests(
            "DiffusionTests", ["Core", "Compute", "Checkpoints", "Diffusion", "SeededRandom"],
            exclude: ["Fixtures"]),
        tests(
            "DatasetsTests", ["Core", "Tables", "Compute", "Checkpoints", "Datasets", "SeededRandom"],
            resources: [.copy("Fixtures")]),
        tests("LedgerTests", ["Core", "Ledger", "SeededRandom", grdb], exclude: ["Fixtures"]),
        tests(
            "PreferencesTests",
            ["Core", "Compute", "Checkpoints", "Diffusion", "Datasets", "Preferences", "SeparateDevice"],
            exclude: ["Fixtures"]),
        // Recipes and configurations of very small runs, for the tests that need whole ones.
        .target(name: "TinyRuns", path: "Tests/TinyRuns", exclude: ["Fixtures"], swiftSettings: swiftChecks),
        tests(
            "TrainingTests",
            [
                "Core", "Ranks", "Pages", "Tables", "Compute", "Checkpoints", "Diffusion", "Datasets", "Ledger",
                "Preferences", "Training", "Studies", "TinyRuns", "SeparateDevice", "ForwardingRank",
            ], exclude: ["Fixtures"]),
        tests(
            "OracleTests",
            ["Core", "Compute", "Checkpoints", "Diffusion", "Datasets", "Preferences", "Training"],
            exclude: [
                "Fixtures", "README.md", "make_fixtures.py", "make_lora_fixture.py", "make_autoencoder_fixtures.py",
                "make_conditioning_fixtures.py", "make_pictures_fixtures.py", "make_sampling_fixtures.py",
                "make_unet_fixtures.py", "parity_table.py", "table.py",
            ]),
        tests(
            "ComparisonTests",
            ["CKernels", "Core", "Pages", "Compute", "Checkpoints", "Ledger", "Comparison", "SeededRandom"],
            exclude: ["Fixtures"]),
        tests(
            "AuditTests",
            [
                "Core", "Jobs", "Pages", "Compute", "Checkpoints", "Diffusion", "Datasets", "Ledger", "Preferences",
                "Comparison", "Audit", "SeededRandom", "TinyRuns", "SeparateDevice", grdb,
            ]),
        tests(
            "StudiesTests",
            [
                "Core", "Jobs", "Pages", "Compute", "Checkpoints", "Diffusion", "Datasets", "Ledger", "Preferences",
                "Training", "Audit", "Studies", "SeparateDevice",
            ]),
        tests("PagesTests", ["Core", "Pages"]),
        tests("ReportsTests", ["Core", "Compute", "Reports"]),
        // Runs the built program as a process; `swift test` builds it besides the tests.
        tests(
            "EndToEndTests", ["Core", "Tables", "Datasets", "Ledger", "SeededRandom", "TinyRuns"], exclude: ["PowerCut"]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)
