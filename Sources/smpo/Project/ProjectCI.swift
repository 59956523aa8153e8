/// The files by which CI runs the gate. The program comes as the Debian package that `make deb` makes; each project says in
/// the variable SMPO_DEB where it is kept.
enum ProjectCI {
    static let github = """
        # Every golden run must come out bit by bit. Annotations say where one does not; the summary says the rest.
        name: smpo
        on:
          pull_request:
          push:
            branches: [main]
        permissions:
          contents: read
        jobs:
          gate:
            runs-on: ubuntu-latest
            timeout-minutes: 60
            steps:
              - uses: actions/checkout@v4
              - name: Install smpo
                env:
                  # Settings, Secrets and variables, Actions, Variables: the address of smpo's Debian package.
                  SMPO_DEB: ${{ vars.SMPO_DEB }}
                run: |
                  test -n "$SMPO_DEB" || { echo "::error::set the variable SMPO_DEB to the address of smpo's package"; exit 1; }
                  curl --fail --silent --show-error --location --output /tmp/smpo.deb "$SMPO_DEB"
                  sudo apt-get install --yes /tmp/smpo.deb
              - name: Gate
                run: smpo gate

        """

    static let gitlab = """
        # Every golden run must come out bit by bit. The variable SMPO_DEB (Settings, CI/CD, Variables) is the address of
        # smpo's Debian package.
        smpo:
          image: debian:12-slim
          timeout: 1h
          before_script:
            - test -n "$SMPO_DEB" || { echo "set the variable SMPO_DEB to the address of smpo's package"; exit 1; }
            - apt-get update -q
            - apt-get install --yes --no-install-recommends ca-certificates curl
            - curl --fail --silent --show-error --location --output /tmp/smpo.deb "$SMPO_DEB"
            - apt-get install --yes /tmp/smpo.deb
          script:
            - smpo gate --format text --format junit=smpo.xml
          artifacts:
            when: always
            reports:
              junit: smpo.xml

        """

    static let preCommit = """
        repos:
          - repo: local
            hooks:
              - id: smpo-gate
                name: golden runs come out bit by bit
                entry: smpo gate --quick 30
                language: system
                pass_filenames: false
                files: ^(Manifests|Golden)/

        """
}
