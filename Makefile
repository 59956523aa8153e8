# The commands of the house. `make demo` and `make test` install what is missing first (Debian 12, as root or with sudo).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test build gate lint layers bench tutorial commands crash cluster fuzz scale scale-table full-size full-size-walk exhaustive cuda-shim cuda-check ptx ptx-check sanitize sanitize-threads travel travel-avx512 outsider release release-dynamic man deb docs clean packages

# libsqlite3: the ledger; libssl: SHA-256; libopenblas: the second opinion on the products; jpeg, png, webp: pictures;
# zlib, zstd, snappy, lz4: pages of Parquet files.
# The tests read ledger, manifests and signatures with sqlite3, jq and openssl, as people do; strace tells what is opened.
PACKAGES := libsqlite3-dev libssl-dev libopenblas-dev libjpeg62-turbo-dev libpng-dev libwebp-dev zlib1g-dev libzstd-dev \
    libsnappy-dev liblz4-dev pkg-config sqlite3 jq openssl strace
smpo := .build/release/smpo
# `make exhaustive` compares instruction sets on every STRIDE-th input. The portable kernels are slow: 17 is quicker.
STRIDE := 1

help: ## Show this list.
	@awk -F ': .*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Train and record the embedded run, audit it, audit run-42, draw pictures before and after, write a page.
	@echo "==> smpo train --record"
	result=$$($(smpo) train --record)
	echo "$$result"
	run=$$(awk '$$1 == "run" { print $$2 }' <<< "$$result")
	echo "==> smpo audit $$run"
	$(smpo) audit "$$run"
	echo "==> smpo audit run-42"
	$(smpo) audit run-42
	grid=".smpo/runs/$$run/before-after.png"
	echo "==> smpo sample"
	$(smpo) sample --model ".smpo/runs/$$run" --against Golden/shapes-base --out "$$grid"
	echo "==> smpo report"
	page=".smpo/runs/$$run/report.html"
	$(smpo) report "$$run" --samples -o "$$page"
	printf '%s\n' "" "Look at:" \
	    "  $$page   the run on one page, in a browser" \
	    "  $$grid   pictures before and after the training" \
	    "  Manifests/$$run.json   what the run was made of, and what it came to" \
	    "  .smpo/ledger.sqlite   every step: sqlite3 -readonly .smpo/ledger.sqlite '.tables'" \
	    "  .smpo/runs/$$run   the trained model, in the layout of diffusers"

test: packages ## Run all tests.
	swift test -c release

build: packages ## Build the program, .build/release/smpo.
	@swift build -c release --product smpo

gate: build ## Audit all golden runs with two numbers of workers, the short ones also on the portable kernels; minutes.
	$(smpo) gate --workers 1,3
	$(smpo) gate 'short-*' --isa baseline --workers 1,3

lint: ## Check the format; nothing is changed.
	swift format lint --strict -r Sources Tests Package.swift

# The check scans the imports of every target, tests included, before anything is built: one small C target is enough.
layers: packages ## Check that every target imports only what Package.swift lets it.
	swift build -c release --target CKernels --explicit-target-dependency-import-check error

bench: build ## Measure kernels, training steps and recording.
	$(smpo) bench

tutorial: packages ## Run README's and the tutorials' commands, and compare what they print; minutes.
	SMPO_TUTORIALS=all swift test -c release --filter '^EndToEndTests\.TutorialTests'

commands: build ## Write Documentation/reference/commands.md from the help texts, and recipe.md from the keys.
	Packaging/commands.sh $(smpo) > Documentation/reference/commands.md
	$(smpo) train --keys > Documentation/reference/recipe.md

exhaustive: PACKAGES += libmpfr-dev
exhaustive: packages ## Check the elementary functions on all 2^32 inputs against MPFR; many minutes.
	mkdir -p .build/exhaustive
	clang -O2 -std=gnu17 -Wno-psabi -I Sources/CKernels/include Tests/Exhaustive/elementary.c \
	    Sources/CKernels/dispatch.c Sources/CKernels/isa_*.c -o .build/exhaustive/elementary -lmpfr -lm -lpthread
	sets=(baseline)
	if grep -qw avx2 /proc/cpuinfo; then sets=(avx2 "$${sets[@]}"); fi
	if grep -qw avx512dq /proc/cpuinfo; then sets=(avx512 "$${sets[@]}"); fi
	for function in exp log sin cos tanh erf sigmoid; do
	    .build/exhaustive/elementary check $$function $${sets[0]} .build/exhaustive/hard-$$function.txt
	    for other in "$${sets[@]:1}"; do
	        .build/exhaustive/elementary compare $$function $${sets[0]} $$other $(STRIDE)
	    done
	done
	single() { clang -O2 -std=gnu17 -Wno-psabi -c -DCK_ISA_SUFFIX=$$1 -DCK_HAS_FMA=$$2 $${@:3} \
	    Tests/Exhaustive/single_exp.c -o .build/exhaustive/exp_$$1.o; }
	single baseline 0
	single avx2 1 -mavx2 -mfma
	single avx512 1 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx2 -mfma
	clang -O2 -std=gnu17 -Wno-psabi -I Sources/CKernels/include Tests/Exhaustive/single.c .build/exhaustive/exp_*.o \
	    Sources/CKernels/dispatch.c Sources/CKernels/isa_*.c -o .build/exhaustive/single -lm -lpthread
	for function in exp silu silu_slope quick_gelu quick_gelu_slope gelu gelu_slope; do
	    .build/exhaustive/single check $$function $${sets[0]} 1
	    for other in "$${sets[@]:1}"; do
	        .build/exhaustive/single compare $$function $${sets[0]} $$other $(STRIDE)
	    done
	done
	objects=()
	for source in Sources/CKernels/dispatch.c Sources/CKernels/isa_*.c; do
	    objects+=(.build/exhaustive/$$(basename $$source .c).o)
	    clang -O2 -std=gnu17 -Wno-psabi -I Sources/CKernels/include -c $$source -o $${objects[-1]}
	done
	clang++ -O2 -std=c++17 -I Tests/CudaEmulator -I Sources/CCuda/include -I Sources/CCuda/kernels \
	    -I Sources/CKernels/include Tests/Exhaustive/cuda.cpp $${objects[@]} -o .build/exhaustive/cuda -lpthread
	.build/exhaustive/cuda $${sets[0]} $(STRIDE)

scale: packages ## Time the commands on a ledger of 100 runs of 2,000 steps of 700 tensors (5.5 GB); minutes.
	Tests/Scale/run.sh 100,2000,700

scale-table: PACKAGES += python3-venv
scale-table: build ## Make a Parquet set of 5 GB, time its opening, and hold the memory of training from it under 200 MiB.
	python3 -m venv .build-scale
	.build-scale/bin/pip install -q 'pyarrow>=20' 'numpy>=2' 'pillow>=11'
	.build-scale/bin/python Tests/Scale/table.py $(smpo)

full-size: PACKAGES += python3-venv
full-size: build ## With random weights: record and audit a step of SD1.5 and of SDXL, draw with both, score by each reward model; an hour, 20 GiB.
	python3 -m venv .build-scale
	.build-scale/bin/pip install -q 'pyarrow>=20' 'numpy>=2' 'pillow>=11'
	.build-scale/bin/python Tests/Scale/full_size.py $(smpo) sd15
	.build-scale/bin/python Tests/Scale/full_size.py $(smpo) sdxl
	.build-scale/bin/python Tests/Scale/full_size.py $(smpo) draw-sd15
	.build-scale/bin/python Tests/Scale/full_size.py $(smpo) draw-sdxl
	.build-scale/bin/python Tests/Scale/full_size.py $(smpo) rewards

full-size-walk: build ## Runs of SD1.5's size that keep their gradients: recorded, walked over, forged, and found when drawn; see Tests/Scale/walk.sh; an hour, 16 GiB.
	SMPO_FORGE='swift test -c release --filter WalkScaleTests' Tests/Scale/walk.sh $(smpo) lora
	Tests/Scale/walk.sh $(smpo) full

crash: packages ## Kill 200 recorded runs at random moments, cut the power of 100, and of 100 acceptances; minutes.
	SMPO_KILLS=200 SMPO_POWER_CUTS=100 swift test -c release --filter '^EndToEndTests\.(CrashTests|GoldenTests)'

cluster: PACKAGES += slurm-wlm munge parallel iproute2 openmpi-bin libopenmpi-dev mpich libmpich-dev
cluster: build ## Audit over a Slurm of two nodes and GNU parallel, kill tasks, nodes and the waiting command in KILLS=20 rounds; train over ranks, and kill those; an hour.
	Tests/Cluster/run.sh $(smpo)
	Tests/Cluster/mpi.sh $(smpo)

fuzz: packages ## Damage checkpoints and tables of every format a million times and more: each opens or is refused; minutes.
	SMPO_FUZZ=200000 swift test -c release --filter '^(CheckpointsTests|DiffusionTests|TablesTests)\..*MutationTests'


# The address sanitizer's library holds the run-time part of the other one. Swift itself has no -sanitize=undefined on
# Linux, so the flag goes to C alone; Swift traps at overflows anyway. Memory that the libraries keep until the end is no
# finding.
sanitize: packages ## Kernel and autodiff tests under AddressSanitizer and UndefinedBehaviorSanitizer; minutes.
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	    swift test -c release --scratch-path .build-sanitize --sanitize=address \
	    -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined --filter '^ComputeTests\.'

# The known answers share every kernel among 1, 2, 3 and 7 workers.
sanitize-threads: packages ## Worker pool and shared kernels under ThreadSanitizer; minutes.
	swift test -c release --scratch-path .build-sanitize-threads --sanitize=thread \
	    --filter '^ComputeTests\.(WorkerPool|InvarianceTests)'

travel: PACKAGES := qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
travel: packages ## Compare the kernels' digests on this CPU, on emulated older ones, and on aarch64.
	Tests/Travel/run.sh

travel-avx512: PACKAGES := bochs bochs-term isolinux syslinux-common xorriso cpio
travel-avx512: packages ## The same with AVX-512 in Bochs, for machines without it; some minutes.
	Tests/Travel/avx512.sh

outsider: PACKAGES += python3-venv
outsider: build ## Make small recorded runs again in Python, from what the two pages say alone; minutes.
	python3 -m venv .build-outsider
	.build-outsider/bin/pip install -q 'numpy>=2'
	.build-outsider/bin/python Tests/Outsider/runs.py $(smpo)

release: packages ## Link everything into one file that runs on any Linux of this architecture, dist/smpo.
	Packaging/static.sh

release-dynamic: packages ## The same but for glibc, which loads the driver of a GPU, dist/smpo-dynamic.
	Packaging/dynamic.sh

cuda-shim: packages ## Run the kernels of the device `cuda` on this processor, with and without planted mistakes, and print both counts.
	swift test -c release --filter '^ComputeTests\.(Cuda|EmulatedKernels|KernelMistake|PTX)' | grep -E '^cuda on|failed|passed|error'

# An early compiler of CUDA 12: the PTX of a later one would want later drivers. Its version and the kernels' digests lie
# beside the PTX.
nvrtc := .build-ptx/nvidia/cuda_nvrtc/lib/libnvrtc.so.12
ptx: PACKAGES += python3-pip
ptx: $(nvrtc) ## Compile the kernels of the device `cuda` to PTX, and write the page of their registers.
	python3 Packaging/ptx.py make $(nvrtc)
	python3 Packaging/ptx.py table $(nvrtc) .build-ptx/nvidia/cuda_nvcc/bin/ptxas > Documentation/reference/kernels.md

ptx-check: PACKAGES += python3-pip
ptx-check: $(nvrtc) ## Check that the kernels compile to the PTX in the sources.
	python3 Packaging/ptx.py check $(nvrtc)

$(nvrtc): packages
	test -e $@ || pip3 install -q --no-deps --target .build-ptx nvidia-cuda-nvrtc-cu12==12.1.105 nvidia-cuda-nvcc-cu12==12.1.105

cuda-check: build ## On a machine with a GPU of NVIDIA's: known answers, golden runs, a step of SD1.5, speeds beside PyTorch; minutes.
	Tests/Cuda/check.sh $(smpo)

man: build ## Write the man pages, dist/man.
	Packaging/man.sh

deb: release man ## Make a Debian package of the static program, dist/smpo_*.deb.
	Packaging/deb.sh

docs: PACKAGES += python3-venv
docs: packages ## Write the documentation as a site, dist/docs, with that of all modules below api; minutes.
	Packaging/docs.sh

clean: ## Remove what was built; runs and their ledger (.smpo) stay.
	rm -rf .build .build-dynamic .build-ptx .build-sanitize .build-sanitize-threads .build-static .build-docs .build-manual .build-outsider .build-scale dist

# The lists of packages are fetched only when something has to be installed.
packages:
	@missing=()
	for package in $(PACKAGES); do
	    status=$$(dpkg-query -W -f '$${db:Status-Status}' "$$package" 2> /dev/null || true)
	    if [[ $$status != installed ]]; then missing+=("$$package"); fi
	done
	if (( $${#missing[@]} == 0 )); then exit 0; fi
	root=()
	if (( EUID != 0 )); then root=(sudo); fi
	if ! command -v apt-get > /dev/null || { (( EUID != 0 )) && ! command -v sudo > /dev/null; }; then
	    echo "missing packages: $${missing[*]} (install them as root, under the names of your system)" >&2
	    exit 2
	fi
	echo "==> installing $${missing[*]}"
	"$${root[@]}" apt-get update -q < /dev/null
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}" < /dev/null

.ONESHELL:
