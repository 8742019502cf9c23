#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace ottla::integration {

// A program that a test starts, and ends at the latest with itself.
class ChildProcess {
 public:
  // Starts `arguments[0]`; stdout can be read with `read_line`, stderr goes to a string that
  // `stderr_text` returns after the end.
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of stdout, without its end; empty at the end of the output.
  std::string read_line();

  void signal(int number) const;

  // Waits for the end; the exit code, or 128 + the signal that ended it.
  int wait();

  // What it has written to stderr; after `wait`.
  std::string stderr_text() const;

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int stdout_ = -1;
  int stderr_file_ = -1;
  bool ended_ = false;
  int code_ = -1;
};

// A directory that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ottla::integration
