// Package codegen stands in for Pulumi's generator of C# packages, which is not served as a module.
//
// The provider only describes itself with this one struct; nothing is generated when it runs.
package codegen

// CSharpPackageInfo is what a schema says to the generator of C# packages.
type CSharpPackageInfo struct {
	PackageReferences    map[string]string `json:"packageReferences,omitempty"`
	RespectSchemaVersion bool              `json:"respectSchemaVersion,omitempty"`
}
