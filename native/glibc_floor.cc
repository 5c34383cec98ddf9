// Lets an addon that is linked against a new glibc run on 2.28 (Debian 10, RHEL 8, Raspberry Pi OS
// 10): what a newer glibc gave a new version is bound to the old version, by the linker's --wrap,
// which reaches into libMNN.a and libstdc++.a too. Prebuilt addons only (-DGLIBC_FLOOR=ON).
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/stat.h>

#include <cstdint>

// The first version of each processor's glibc.
#if defined(__x86_64__)
#define BASE "GLIBC_2.2.5"
constexpr int kStatVersion = 1;
#elif defined(__aarch64__)
#define BASE "GLIBC_2.17"
constexpr int kStatVersion = 0;
#elif defined(__arm__)
#define BASE "GLIBC_2.4"
constexpr int kStatVersion = 3;
#else
#error "No glibc floor is known for this processor."
#endif

#define OLD(name) __asm__(".symver old_" #name "," #name "@" BASE)

extern "C" {

// 2.29: the new ones report errors differently, and give the same values.
OLD(pow);
OLD(log);
OLD(log2);
OLD(exp);
double old_pow(double x, double y);
double old_log(double x);
double old_log2(double x);
double old_exp(double x);
double __wrap_pow(double x, double y) { return old_pow(x, y); }
double __wrap_log(double x) { return old_log(x); }
double __wrap_log2(double x) { return old_log2(x); }
double __wrap_exp(double x) { return old_exp(x); }

// 2.35
OLD(hypot);
double old_hypot(double x, double y);
double __wrap_hypot(double x, double y) { return old_hypot(x, y); }

// 2.34: from libpthread to libc.
OLD(pthread_create);
OLD(pthread_join);
OLD(pthread_detach);
OLD(pthread_once);
OLD(pthread_key_create);
int old_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                       void* argument);
int old_pthread_join(pthread_t thread, void** value);
int old_pthread_detach(pthread_t thread);
int old_pthread_once(pthread_once_t* once, void (*routine)());
int old_pthread_key_create(pthread_key_t* key, void (*destructor)(void*));
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument) {
  return old_pthread_create(thread, attributes, start, argument);
}
int __wrap_pthread_join(pthread_t thread, void** value) { return old_pthread_join(thread, value); }
int __wrap_pthread_detach(pthread_t thread) { return old_pthread_detach(thread); }
int __wrap_pthread_once(pthread_once_t* once, void (*routine)()) {
  return old_pthread_once(once, routine);
}
int __wrap___pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) {
  return old_pthread_key_create(key, destructor);
}

// 2.33: before, these were inline functions over versioned ones.
OLD(__xstat);
OLD(__fxstat);
int old___xstat(int version, const char* path, struct stat* out);
int old___fxstat(int version, int fd, struct stat* out);
int __wrap_stat(const char* path, struct stat* out) { return old___xstat(kStatVersion, path, out); }
int __wrap_fstat(int fd, struct stat* out) { return old___fxstat(kStatVersion, fd, out); }

// 2.32: "false" is always right, and costs libstdc++ an atomic operation here and there.
char __wrap___libc_single_threaded = 0;

// 2.35: how the unwinder finds an exception's frame. By the way of before, a walk over the loaded
// objects. 32-bit ARM has another unwinder.
#ifdef DLFO_STRUCT_HAS_EH_DBASE
struct FrameSearch {
  uintptr_t address;
  dl_find_object* out;
};

static int in_object(dl_phdr_info* object, size_t, void* data) {
  auto* search = static_cast<FrameSearch*>(data);
  bool inside = false;
  const ElfW(Phdr)* frames = nullptr;
  uintptr_t start = UINTPTR_MAX;
  uintptr_t end = 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr)& header = object->dlpi_phdr[i];
    const uintptr_t from = object->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_GNU_EH_FRAME) frames = &header;
    if (header.p_type != PT_LOAD) continue;
    const uintptr_t to = from + header.p_memsz;
    if (from < start) start = from;
    if (to > end) end = to;
    inside = inside || (search->address >= from && search->address < to);
  }
  if (!inside) return 0;
  if (frames == nullptr) return -1;
  dl_find_object& out = *search->out;
  out = {};
  out.dlfo_map_start = reinterpret_cast<void*>(start);
  out.dlfo_map_end = reinterpret_cast<void*>(end);
  out.dlfo_eh_frame = reinterpret_cast<void*>(object->dlpi_addr + frames->p_vaddr);
  return 1;
}

int __wrap__dl_find_object(void* address, dl_find_object* out) {
  FrameSearch search{reinterpret_cast<uintptr_t>(address), out};
  return dl_iterate_phdr(in_object, &search) == 1 ? 0 : -1;
}
#endif
}
