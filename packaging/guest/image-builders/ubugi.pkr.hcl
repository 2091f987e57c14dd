# Packer: add this build block to a template of yours; the sources are the ones that it has already.
#
#   packer build -var installer=build/packages/ubugi-install.sh -var trusted_signers=trusted_signers .

variable "installer" {
  type        = string
  description = "ubugi-install.sh, as `./run build` makes it"
}

variable "trusted_signers" {
  type        = string
  description = "Signers to pin, from `ubugi trusted-signers --out trusted_signers`"
}

build {
  name    = "ubugi"
  sources = ["source.qemu.base"]

  provisioner "file" {
    source      = var.installer
    destination = "/tmp/ubugi-install.sh"
  }

  provisioner "file" {
    source      = var.trusted_signers
    destination = "/tmp/trusted_signers"
  }

  provisioner "shell" {
    execute_command = "sudo sh -eu '{{ .Path }}'"
    inline = [
      "sh /tmp/ubugi-install.sh / /tmp/trusted_signers",
      "rm -f /tmp/ubugi-install.sh /tmp/trusted_signers",
    ]
  }
}
