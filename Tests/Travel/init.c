// The only process of the emulated machine of avx512.sh: runs the program with each instruction set that the kernel's
// command line names, says where its output begins and ends, and switches the machine off.
#include <stdio.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(int count, char **names) {
    klogctl(8, NULL, 1);  // The kernel's messages would fall into our lines.
    for (int i = 1; i < count; i++) {
        printf("begin %s\n", names[i]);
        fflush(stdout);
        if (fork() == 0) {
            execl("/travel", "travel", "--isa", names[i], NULL);
            _exit(127);
        }
        int status = 0;
        wait(&status);
        printf("end %s %d\n", names[i], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        fflush(stdout);
    }
    tcdrain(1);
    reboot(RB_POWER_OFF);
    return 1;
}
